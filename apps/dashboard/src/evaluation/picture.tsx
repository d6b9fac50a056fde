import { useLayoutEffect, useRef } from 'preact/hooks';
import { rgbaOf } from './grey-pixels.js';
import type { GreyPicture } from './grey-pixels.js';

interface PictureProps {
  readonly picture: GreyPicture;
  /** What it shows, for those who do not see it. */
  readonly label: string;
}

/** A small grey picture; style sheets enlarge it, pixel by pixel. */
export function Picture({ picture, label }: PictureProps) {
  const element = useRef<HTMLCanvasElement>(null);
  const { width, height } = picture;
  useLayoutEffect(() => {
    const context = element.current?.getContext('2d');
    context?.putImageData(new ImageData(rgbaOf(picture), width, height), 0, 0);
  }, [picture]);
  return <canvas class="picture" ref={element} width={width} height={height} role="img" aria-label={label} />;
}

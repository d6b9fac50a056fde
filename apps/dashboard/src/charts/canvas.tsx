import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { themeChanges } from './theme.js';

/** A canvas in CSS pixels. */
export interface Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

interface CanvasProps {
  /** What is seen, in words. */
  readonly label: string;
  readonly class: string;
  readonly draw: (sheet: Sheet) => void;
  /** Where the pointer is, as a share of the width; undefined when it has left. */
  readonly onPoint?: (share: number | undefined) => void;
}

/** A drawing that is made again when what it shows, its size or the theme changes. */
export function Canvas({ label, class: name, draw, onPoint }: CanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  const drawing = useSignal(draw);
  drawing.value = draw;
  useEffect(() => {
    const { current } = canvas;
    if (current === null) return;
    const observer = new ResizeObserver(
      () => (size.value = { width: current.clientWidth, height: current.clientHeight }),
    );
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  useSignalEffect(() => {
    const { width, height } = size.value;
    const again = drawing.value;
    const context = themeChanges.value >= 0 ? canvas.current?.getContext('2d') : undefined;
    if (!context || width === 0) return;
    context.canvas.width = Math.round(width * devicePixelRatio);
    context.canvas.height = Math.round(height * devicePixelRatio);
    context.scale(devicePixelRatio, devicePixelRatio);
    again({ context, width, height });
  });
  return (
    <canvas
      ref={canvas}
      class={name}
      role="img"
      aria-label={label}
      onPointerMove={({ offsetX, currentTarget }) => onPoint?.(offsetX / currentTarget.clientWidth)}
      onPointerLeave={() => onPoint?.(undefined)}
    />
  );
}

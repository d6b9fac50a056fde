import { bytes, counted } from '../format.js';
import type { LinkView } from './groups.js';
import type { LinkLine } from './layout.js';

/** As many frames as are drawn one by one; of more, only the number is told. */
const MOST_DOTS = 8;
const DOT_SPACING = 7;

/** The way from a stage, or all shards of a layer, to the next, with what is on it. */
export function Link({ view, line }: { readonly view: LinkView; readonly line: LinkLine }) {
  const { framesInFlight, bytesPerSecond } = view;
  const { path, direction, x, y } = line;
  const isDown = direction === 'down';
  const frames = framesInFlight === undefined ? '' : counted(framesInFlight, 'frame');
  const rate = bytesPerSecond === undefined ? '' : `${bytes(bytesPerSecond)}/s`;
  return (
    <g class="link">
      <path class="link-line" d={path} marker-end="url(#arrow)" />
      {framesInFlight !== undefined && <Dots count={framesInFlight} line={line} />}
      {isDown ? (
        <text class="link-figure" x={x + 14} y={y + 4}>
          {[frames, rate].filter(Boolean).join(' · ')}
        </text>
      ) : (
        <>
          <text class="link-figure" x={x} y={y - 9} text-anchor="middle">
            {frames}
          </text>
          <text class="link-figure" x={x} y={y + 17} text-anchor="middle">
            {rate}
          </text>
        </>
      )}
    </g>
  );
}

/** Frames wait at the consumer's end, so that is where they are drawn from. */
function Dots({ count, line: { x, y, length, direction } }: { readonly count: number; readonly line: LinkLine }) {
  const end = length / 2 - 14;
  const dots = Array.from({ length: Math.min(count, MOST_DOTS) }, (_, place) => end - place * DOT_SPACING);
  return (
    <>
      {dots.map((offset) => {
        const [cx, cy] = direction === 'down' ? [x, y + offset] : [direction === 'wrap' ? x - offset : x + offset, y];
        return <circle key={offset} class="link-frame" cx={cx} cy={cy} r="2.5" />;
      })}
    </>
  );
}

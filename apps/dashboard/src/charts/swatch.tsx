import type { JSX } from 'preact';
import type { LineStyle } from './lines.js';

/** A piece of a line, as legends show it. */
export function Swatch({ style }: { readonly style: LineStyle }): JSX.Element {
  return (
    <svg class="line-swatch" width="22" height="8" aria-hidden="true">
      <path
        d="M1 4h20"
        stroke={`var(${style.colour})`}
        stroke-width={Math.max(2, style.width)}
        stroke-dasharray={style.dash.join(' ')}
      />
    </svg>
  );
}

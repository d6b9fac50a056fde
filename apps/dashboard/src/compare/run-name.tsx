import type { JSX } from 'preact';
import type { LineStyle } from '../charts/lines.js';
import { Swatch } from '../charts/swatch.js';

/** A run's id beside a piece of its line. */
export function RunName({ id, style }: { readonly id: string; readonly style: LineStyle }): JSX.Element {
  return (
    <span class="run-name">
      <Swatch style={style} />
      <a href={`#/runs/${encodeURIComponent(id)}`}>{id}</a>
    </span>
  );
}

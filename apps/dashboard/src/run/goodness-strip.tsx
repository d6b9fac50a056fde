import type { GoodnessSummary } from '@layerline/api';
import { spreadsOf } from './layer-rows.js';
import type { Spread } from './layer-rows.js';

const WIDTH = 116;
const INSET = 4;

/** The middle 80 % of the goodness of positive rows above that of negative ones, with medians. */
export function GoodnessStrip({ positive, negative }: Readonly<Record<'positive' | 'negative', GoodnessSummary>>) {
  const [above, below] = spreadsOf(positive, negative);
  return (
    <svg class="strip" width={WIDTH} height="22" viewBox={`0 0 ${WIDTH} 22`} aria-hidden="true">
      <Band kind="positive" spread={above} y={6} />
      <Band kind="negative" spread={below} y={16} />
    </svg>
  );
}

function Band({
  kind,
  spread,
  y,
}: {
  readonly kind: 'positive' | 'negative';
  readonly spread: Spread;
  readonly y: number;
}) {
  const x = (place: number): number => INSET + place * (WIDTH - 2 * INSET);
  return (
    <g class={`strip-${kind}`}>
      <line class="strip-band" x1={x(spread.from)} x2={x(spread.to)} y1={y} y2={y} />
      <circle cx={x(spread.median)} cy={y} r="3.5" />
    </g>
  );
}

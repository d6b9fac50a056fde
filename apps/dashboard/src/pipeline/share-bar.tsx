import type { StageRates } from '@layerline/api';

interface BarProps {
  /** Undefined while the stage has not said. */
  readonly rates: StageRates | undefined;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Shares of a stage's time: busy, waiting for input, waiting for credit. */
export function ShareBar({ rates, x, y, width, height }: BarProps) {
  let from = x;
  const shares =
    rates === undefined
      ? []
      : ([
          ['busy', rates.busy],
          ['for-input', rates.waitingForInput],
          ['for-credit', rates.waitingForCredit],
        ] as const);
  return (
    <g>
      <rect class="share-ground" x={x} y={y} width={width} height={height} rx="2" />
      {shares.map(([name, share]) => {
        const [start, length] = [from, Math.max(0, Math.min(share * width, x + width - from))];
        from += length;
        return <rect key={name} class={`share-${name}`} x={start} y={y} width={length} height={height} />;
      })}
    </g>
  );
}

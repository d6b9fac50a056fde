interface SparklineProps {
  /** Oldest first, at least one. */
  readonly values: readonly number[];
  /** What it shows, for those who do not see it. */
  readonly label: string;
}

const WIDTH = 96;
const HEIGHT = 24;
const INSET = 3;

/** The course of a number, without axes. */
export function Sparkline({ values, label }: SparklineProps) {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const range = greatest - least || 1;
  const points = values.map((value, place) => {
    const x = INSET + (place / Math.max(1, values.length - 1)) * (WIDTH - 2 * INSET);
    const y = INSET + (1 - (value - least) / range) * (HEIGHT - 2 * INSET);
    return [x, y] as const;
  });
  const last = points.at(-1);
  return (
    <svg
      class="sparkline"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
    >
      <polyline points={points.map((point) => point.join(',')).join(' ')} />
      {last !== undefined && <circle cx={last[0]} cy={last[1]} r="2.5" />}
    </svg>
  );
}

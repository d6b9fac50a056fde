import { percent } from '../format.js';

interface ProgressProps {
  /** 0 … 1 */
  readonly share: number;
  /** Of what. */
  readonly label: string;
  /** Equal parts that are marked on it, such as epochs; none if there are too many. */
  readonly parts?: number;
}

const MOST_MARKS = 50;

export function ProgressBar({ share, label, parts = 1 }: ProgressProps) {
  const marks = parts > MOST_MARKS ? 0 : parts - 1;
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * share)}
      aria-valuetext={percent(share, 0)}
    >
      <span class="progress-done" style={{ width: `${100 * share}%` }} />
      {Array.from({ length: marks }, (_, mark) => (
        <span key={mark} class="progress-mark" style={{ left: `${(100 * (mark + 1)) / parts}%` }} />
      ))}
    </div>
  );
}

import { useId, useState } from 'preact/hooks';
import { stageTitle } from '../format.js';
import { shardsInWords } from '../run/operation.js';
import { chosenOf } from './offers.js';
import type { Offer, Wish } from './offers.js';

const BUSY = 'Stages are being changed, one change at a time';

interface FormProps {
  /** At least one. */
  readonly offers: readonly Offer[];
  /** Whether another change is under way. */
  readonly isBusy: boolean;
  readonly consider: (wish: Wish) => void;
}

/** Chooses a layer, and the number of shards that it is to have. */
export function ScaleForm({ offers, isBusy, consider }: FormProps) {
  const [picked, pick] = useState<Partial<Wish>>({});
  const reason = useId();
  const chosen = chosenOf(offers, picked);
  const counts = offers.find(({ layer }) => layer === chosen?.layer)?.counts ?? [];
  return (
    <form
      class="scale-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen !== undefined && !isBusy) consider(chosen);
      }}
    >
      <label>
        Layer{' '}
        <select value={chosen?.layer} onChange={({ currentTarget }) => pick({ layer: currentTarget.value })}>
          {offers.map(({ layer, present }) => (
            <option key={layer} value={layer}>
              {stageTitle(layer)} ({shardsInWords(present)})
            </option>
          ))}
        </select>
      </label>
      <label>
        Shards wanted{' '}
        <select
          value={chosen?.shards}
          onChange={({ currentTarget }) => pick({ ...chosen, shards: Number(currentTarget.value) })}
        >
          {counts.map((count) => (
            <option key={count} value={count}>
              {count}
            </option>
          ))}
        </select>
      </label>
      <button
        class="button"
        type="submit"
        aria-disabled={isBusy}
        aria-describedby={isBusy ? reason : undefined}
        title={isBusy ? BUSY : undefined}
      >
        Preview…
      </button>
      {isBusy && (
        <span id={reason} class="hidden">
          {BUSY}
        </span>
      )}
    </form>
  );
}

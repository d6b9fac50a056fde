import { isOver } from '@layerline/api/operation-state';
import type { Operation } from '@layerline/api';
import { moodOf } from '../run/operation.js';
import { StatePill } from '../ui/state-pill.js';
import { canBeCancelled, sidesOf, standingOf, STATES } from './words.js';
import type { Sides } from './words.js';

interface ViewProps {
  /** Null where stages have never been changed. */
  readonly operation: Operation | null;
  readonly isCancelling: boolean;
  /** Undefined for whoever may not. */
  readonly cancel: ((id: number) => void) | undefined;
}

/** The change that is under way, or what became of the last one. */
export function OperationView({ operation, isCancelling, cancel }: ViewProps) {
  return (
    <div class="operation">
      <div class="operation-standing" role="status">
        {operation !== null && <Standing operation={operation} />}
      </div>
      {operation !== null && cancel !== undefined && canBeCancelled(operation) && (
        <button
          type="button"
          class={`button ${isCancelling ? 'is-pending' : ''}`}
          aria-disabled={isCancelling}
          onClick={isCancelling ? undefined : () => cancel(operation.id)}
        >
          {isCancelling ? 'Cancelling…' : 'Cancel the change'}
        </button>
      )}
    </div>
  );
}

function Standing({ operation }: { readonly operation: Operation }) {
  const { change, state } = operation;
  return (
    <>
      <StatePill word={STATES[state]} mood={moodOf(operation)} />
      {isOver(operation) ? <Past sides={sidesOf(change)} /> : <Present sides={sidesOf(change)} />}
      <p class="operation-words">{standingOf(operation)}</p>
    </>
  );
}

function Past({ sides: { what, from, to } }: { readonly sides: Sides }) {
  return (
    <p>
      <strong>{what}</strong> from {from} to {to}
    </p>
  );
}

/** What there is and what is wanted, side by side. */
function Present({ sides: { what, from, to } }: { readonly sides: Sides }) {
  return (
    <>
      <strong>{what}</strong>
      <dl class="operation-sides">
        <div>
          <dt>Now</dt>
          <dd>{from}</dd>
        </div>
        <div>
          <dt>Wanted</dt>
          <dd>{to}</dd>
        </div>
      </dl>
    </>
  );
}

import type { RunAction, RunStatus } from '@layerline/api';
import { useEffect, useId, useMemo, useState } from 'preact/hooks';
import type { LiveRun } from '../data/live-run.js';
import { isOperator } from '../data/session.js';
import { actionsFor, hindrance, WORDING } from './actions.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { Orders } from './orders.js';

/** What an operator can do with a run. */
export function Controls({ live, status }: { readonly live: LiveRun; readonly status: RunStatus }) {
  const orders = useMemo(() => new Orders(live), [live]);
  const [asked, ask] = useState<RunAction | undefined>(undefined);
  useEffect(() => {
    orders.start();
    return () => orders.stop();
  }, [orders]);
  const refusal = orders.refusal.value;
  if (status.state === 'ended') return null;
  return (
    <div class="controls">
      <div class="controls-buttons" role="group" aria-label="Steer the run">
        {actionsFor(status).map((action) => (
          <ActionButton
            key={action}
            action={action}
            reason={hindrance(action, status, isOperator.value)}
            isPending={orders.pending.value.has(action)}
            ask={() => ask(action)}
          />
        ))}
      </div>
      {!isOperator.value && <p class="controls-note">Signed in as a viewer: only operators steer runs</p>}
      {refusal !== undefined && (
        <p class="banner banner-bad" role="alert">
          {WORDING[refusal.action].label}: {refusal.why}
          <button type="button" class="quiet" onClick={() => orders.dismiss()}>
            Dismiss
          </button>
        </p>
      )}
      {asked !== undefined && (
        <ConfirmDialog action={asked} confirm={() => void orders.give(asked)} close={() => ask(undefined)} />
      )}
    </div>
  );
}

interface ButtonProps {
  readonly action: RunAction;
  /** Why it cannot be asked for. */
  readonly reason: string | undefined;
  readonly isPending: boolean;
  readonly ask: () => void;
}

/** Stays in reach of the keyboard when it can do nothing, so that the reason is found. */
function ActionButton({ action, reason, isPending, ask }: ButtonProps) {
  const id = useId();
  const { label, pending } = WORDING[action];
  const isOff = reason !== undefined || isPending;
  return (
    <>
      <button
        type="button"
        class={`button ${action === 'stop' ? 'button-stop' : ''} ${isPending ? 'is-pending' : ''}`}
        aria-disabled={isOff}
        aria-describedby={reason === undefined ? undefined : id}
        title={reason}
        onClick={isOff ? undefined : ask}
      >
        {isPending ? pending : label}
      </button>
      {reason !== undefined && (
        <span id={id} class="hidden">
          {reason}
        </span>
      )}
    </>
  );
}

import { isOver } from '@layerline/api/operation-state';
import { useMemo } from 'preact/hooks';
import type { LiveRun } from '../data/live-run.js';
import type { LiveState } from '../data/run-state.js';
import { isOperator } from '../data/session.js';
import { Panel } from '../ui/panel.js';
import { hindranceOf, offersOf } from './offers.js';
import type { Wish } from './offers.js';
import { OperationView } from './operation-view.js';
import { ScaleDialog } from './scale-dialog.js';
import { ScaleForm } from './scale-form.js';
import { Scaling } from './scaling.js';
import './scaling.css';

interface PanelProps {
  readonly live: LiveRun;
  readonly state: LiveState;
}

/** Into how many shards the layers are cut: where operators change that, and see what becomes of it. */
export function ScalePanel({ live, state }: PanelProps) {
  const scaling = useMemo(() => new Scaling(live), [live]);
  const { state: runState, operation, placement } = state.status;
  const considered = scaling.considered.value;
  const isEnded = runState === 'ended';
  if (isEnded && operation === null) return null;
  return (
    <Panel title="Shards">
      {!isEnded && (
        <Ask
          state={state}
          isBusy={operation !== null && !isOver(operation)}
          consider={(wish) => void scaling.consider(wish)}
        />
      )}
      <OperationView
        operation={operation}
        isCancelling={scaling.isCancelling.value}
        cancel={isOperator.value ? (id) => void scaling.cancel(id) : undefined}
      />
      {scaling.failure.value !== undefined && (
        <p class="banner banner-bad" role="alert">
          {scaling.failure.value}
        </p>
      )}
      {considered !== undefined && (
        <ScaleDialog
          considered={considered}
          placement={placement}
          ask={() => void scaling.ask()}
          leave={() => scaling.leave()}
        />
      )}
    </Panel>
  );
}

interface AskProps {
  readonly state: LiveState;
  readonly isBusy: boolean;
  readonly consider: (wish: Wish) => void;
}

function Ask({ state, isBusy, consider }: AskProps) {
  const offers = offersOf(state);
  const hindrance = hindranceOf(state, offers, isOperator.value);
  if (hindrance !== undefined) return <p class="empty">{hindrance}.</p>;
  return <ScaleForm offers={offers} isBusy={isBusy} consider={consider} />;
}

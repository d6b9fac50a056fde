import { snapshotsOf } from '../data/history.js';
import type { StoredSnapshot } from '../data/history.js';
import type { LiveState, Plan } from '../data/run-state.js';
import { bytes, clockTime, dateTime, NONE, seconds, stageTitle, whole } from '../format.js';
import { Panel } from '../ui/panel.js';
import { Scroll } from '../ui/scroll.js';

/** Shown at most; the list of events has them all. */
const MOST = 12;

/** From where the run could go on: snapshots with their parts, newest first. */
export function SnapshotsPanel({ state: { history, plan } }: { readonly state: LiveState }) {
  const snapshots = snapshotsOf(history);
  const every = plan.snapshotEvery === 0 ? 'only on request' : `every ${whole(plan.snapshotEvery)} batches`;
  return (
    <Panel title="Snapshots" aside={<span class="dim">{every}</span>}>
      {snapshots.length === 0 ? (
        <p class="empty">None has been stored yet. After a failure the run would begin again from its start.</p>
      ) : (
        <Scroll label="Stored snapshots">
          <table class="figures">
            <thead>
              <tr>
                <th scope="col">Batch</th>
                <th scope="col">Epoch</th>
                <th scope="col">Stored at</th>
                <th scope="col">Took</th>
                <th scope="col">Size</th>
              </tr>
            </thead>
            <tbody>
              {snapshots.slice(0, MOST).map((snapshot) => (
                <Row key={snapshot.id} snapshot={snapshot} plan={plan} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}

function Row({
  snapshot: { step, at, parts, seconds: took },
  plan,
}: {
  readonly snapshot: StoredSnapshot;
  readonly plan: Plan;
}) {
  const size = parts?.reduce((sum, part) => sum + part.bytes, 0);
  return (
    <tr>
      <th scope="row">{whole(step)}</th>
      <td class="number">{(step / plan.batchesPerEpoch).toFixed(2)}</td>
      <td class="number" title={dateTime(at)}>
        {clockTime(at)}
      </td>
      <td class="number">{took === undefined ? NONE : seconds(took)}</td>
      <td class="number">
        {parts === undefined || size === undefined ? (
          NONE
        ) : (
          <details>
            <summary>{bytes(size)}</summary>
            {parts.map((part) => (
              <span key={part.stage} class="part">
                {stageTitle(part.stage)} {bytes(part.bytes)}
              </span>
            ))}
          </details>
        )}
      </td>
    </tr>
  );
}

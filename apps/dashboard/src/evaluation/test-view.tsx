import type { LiveState } from '../data/run-state.js';
import { clockTime, percent, seconds, whole } from '../format.js';
import { Panel } from '../ui/panel.js';
import { Message } from '../ui/states.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import { WorstImages } from './worst-images.js';

/** What the last evaluation has found. */
export function TestView({ state: { evaluations, status, plan } }: { readonly state: LiveState }) {
  const last = evaluations.at(-1);
  if (last === undefined) {
    const hint =
      status.state === 'ended' ? 'The run ended before its first.' : 'An operator can ask for one with “Evaluate now”.';
    return (
      <Message title="No evaluation yet">
        <p>{hint}</p>
      </Message>
    );
  }
  const { classes } = plan.data;
  const { confusion, worst, testError, epoch, at, seconds: took } = last;
  return (
    <div class="columns columns-test">
      <Panel title="Confusion matrix" aside={<span class="dim">{percent(testError)} wrong</span>}>
        {confusion === undefined ? (
          <NotReported what="confusion matrix" />
        ) : (
          <ConfusionMatrix counts={confusion} classes={classes} />
        )}
        <p class="dim footnote">
          Evaluated in epoch {whole(epoch)} at {clockTime(at)}, in {seconds(took)}.
        </p>
      </Panel>
      <Panel
        title="Furthest off"
        aside={<span class="dim">margin: goodness of the wrong label over that of the right one</span>}
      >
        {worst === undefined ? (
          <NotReported what="pictures" />
        ) : (
          <WorstImages run={status.id} images={worst} classes={classes} />
        )}
      </Panel>
    </div>
  );
}

function NotReported({ what }: { readonly what: string }) {
  return <p class="empty">This evaluation was made by a version that reported no {what}.</p>;
}

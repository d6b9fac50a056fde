import type { RunStatus } from '@layerline/api';
import { bytes, duration, NONE, percent, perSecond, stageTitle, whole } from '../format.js';
import { Panel } from '../ui/panel.js';
import { Scroll } from '../ui/scroll.js';

/** What came of a run, and what each stage took for it. */
export function ResultPanel({ status: { end } }: { readonly status: RunStatus }) {
  if (end === null || !('result' in end)) return null;
  const {
    testAccuracy,
    epochs,
    images,
    trainSeconds,
    evalSeconds,
    imagesPerSecond,
    folder,
    numerics,
    weightsSha256,
    stages,
  } = end.result;
  const facts = [
    ['Test accuracy', testAccuracy === null ? NONE : percent(testAccuracy)],
    ['Epochs', whole(epochs)],
    ['Images', whole(images)],
    ['Training', duration(trainSeconds)],
    ['Evaluation', duration(evalSeconds)],
    ['Speed', perSecond(imagesPerSecond, 'images')],
    ['Folder', folder],
    ['Numerics', numerics],
    ['Weights (SHA-256)', weightsSha256],
  ] as const;
  return (
    <Panel title="Result">
      <dl class="settings">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {stages.some(({ cpuSeconds }) => cpuSeconds !== null) && <Stages stages={stages} />}
    </Panel>
  );
}

type Summaries = Extract<NonNullable<RunStatus['end']>, { result: unknown }>['result']['stages'];

function Stages({ stages }: { readonly stages: Summaries }) {
  return (
    <Scroll label="What each stage took">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col" class="left">
              Node
            </th>
            <th scope="col">Busy</th>
            <th scope="col">CPU time</th>
            <th scope="col">Peak memory</th>
            <th scope="col">Sent</th>
          </tr>
        </thead>
        <tbody>
          {stages.map(({ stage, node, seconds, cpuSeconds, peakMemoryBytes, bytesSent }) => (
            <tr key={stage}>
              <th scope="row">{stageTitle(stage)}</th>
              <td>{node}</td>
              <td class="number">{seconds === null ? NONE : duration(seconds.busy)}</td>
              <td class="number">{cpuSeconds === null ? NONE : duration(cpuSeconds)}</td>
              <td class="number">{peakMemoryBytes === null ? NONE : bytes(peakMemoryBytes)}</td>
              <td class="number">{bytesSent === null ? NONE : bytes(bytesSent)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

import { bytes, NONE, percent, whole } from '../format.js';
import { Scroll } from '../ui/scroll.js';
import { STAGE_STATES } from './stages.js';
import type { LinkView, StageView } from './stages.js';

interface TableProps {
  readonly stages: readonly StageView[];
  readonly links: readonly LinkView[];
}

/** The figures of all stages, for those who would rather read or copy them. */
export function PipelineTable({ stages, links }: TableProps) {
  return (
    <Scroll label="Figures of the stages">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col" class="left">
              Node
            </th>
            <th scope="col" class="left">
              State
            </th>
            <th scope="col">Rows/s</th>
            <th scope="col">Busy</th>
            <th scope="col">Waits for input</th>
            <th scope="col">Waits for credit</th>
            <th scope="col">CPU</th>
            <th scope="col">Memory</th>
            <th scope="col">Frames in flight</th>
            <th scope="col">Sends</th>
          </tr>
        </thead>
        <tbody>
          {stages.map((view, place) => (
            <Row key={view.stage} view={view} link={links[place]} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Row({ view, link }: { readonly view: StageView; readonly link: LinkView | undefined }) {
  const { stage, node, pid, state, rates, memory, isBottleneck } = view;
  const share = (fraction: number | undefined): string => (fraction === undefined ? NONE : percent(fraction, 0));
  return (
    <tr class={state === 'dead' || state === 'restarting' ? 'is-dead' : ''}>
      <th scope="row">
        {stage} {isBottleneck && <span class="tag tag-warn">bottleneck</span>}
      </th>
      <td>
        {node ?? NONE} {pid !== undefined && <span class="dim">pid {pid}</span>}
      </td>
      <td>{STAGE_STATES[state]}</td>
      <td class="number">{rates === undefined ? NONE : whole(rates.rowsPerSecond)}</td>
      <td class="number">{share(rates?.busy)}</td>
      <td class="number">{share(rates?.waitingForInput)}</td>
      <td class="number">{share(rates?.waitingForCredit)}</td>
      <td class="number">{rates === undefined ? NONE : rates.processors.toFixed(2)}</td>
      <td class="number">{memory === undefined ? NONE : bytes(memory)}</td>
      <td class="number">{link?.framesInFlight ?? NONE}</td>
      <td class="number">{link?.bytesPerSecond === undefined ? NONE : `${bytes(link.bytesPerSecond)}/s`}</td>
    </tr>
  );
}

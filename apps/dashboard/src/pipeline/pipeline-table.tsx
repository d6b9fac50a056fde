import { bytes, counted, NONE, percent, whole } from '../format.js';
import { Scroll } from '../ui/scroll.js';
import type { GroupView, LinkView } from './groups.js';
import { STAGE_STATES } from './stages.js';
import type { StageView } from './stages.js';

interface TableProps {
  readonly groups: readonly GroupView[];
  readonly links: readonly LinkView[];
}

/** The figures of all stages, for those who would rather read or copy them. */
export function PipelineTable({ groups, links }: TableProps) {
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
          {groups.map((group, place) =>
            group.stages.map((view) => <Row key={view.stage} view={view} group={group} link={links[place]} />),
          )}
        </tbody>
      </table>
    </Scroll>
  );
}

interface RowProps {
  readonly view: StageView;
  readonly group: GroupView;
  /** To the next group; undefined for the last. */
  readonly link: LinkView | undefined;
}

function Row({ view, group, link }: RowProps) {
  const { stage, units, node, pid, state, rates, memory } = view;
  const { length } = group.stages;
  const share = (fraction: number | undefined): string => (fraction === undefined ? NONE : percent(fraction, 0));
  return (
    <tr class={state === 'dead' || state === 'restarting' ? 'is-dead' : ''}>
      <th scope="row">
        {stage} {length > 1 && units !== undefined && <span class="dim">{counted(units, 'unit')}</span>}{' '}
        {group.isBottleneck && view === group.lead && <span class="tag tag-warn">bottleneck</span>}
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
      {view === group.stages[0] && (
        <td class="number" rowSpan={length}>
          {link?.framesInFlight ?? NONE}
        </td>
      )}
      <td class="number">{link === undefined || rates === undefined ? NONE : `${bytes(rates.bytesPerSecond)}/s`}</td>
    </tr>
  );
}

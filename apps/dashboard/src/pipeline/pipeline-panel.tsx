import { useState } from 'preact/hooks';
import type { LiveState } from '../data/run-state.js';
import { stageTitle } from '../format.js';
import { Choice } from '../ui/choice.js';
import { Panel } from '../ui/panel.js';
import { groupsOf, linksOf } from './groups.js';
import type { GroupView } from './groups.js';
import { PipelineFigure } from './pipeline-figure.js';
import { PipelineTable } from './pipeline-table.js';
import { expectsFigures, isSingleProcess } from './stages.js';

const FORMS = { figure: 'Figure', table: 'Table' } as const;

/** The pipeline as it stands. */
export function PipelinePanel({ state }: { readonly state: LiveState }) {
  const [form, setForm] = useState<keyof typeof FORMS>('figure');
  const groups = groupsOf(state);
  const links = linksOf(state, groups);
  return (
    <Panel
      title="Pipeline"
      aside={
        <>
          <span class="dim">{bottleneckLine(state, groups)}</span>
          <Choice label="Show the pipeline as" options={FORMS} chosen={form} choose={setForm} />
        </>
      }
    >
      <Reasons state={state} />
      {form === 'figure' ? (
        <PipelineFigure groups={groups} links={links} hasFigures={expectsFigures(state)} />
      ) : (
        <PipelineTable groups={groups} links={links} />
      )}
    </Panel>
  );
}

/** Why the pipeline does not flow. */
function Reasons({ state: { fault, status } }: { readonly state: LiveState }) {
  const isWaiting = status.state === 'waiting';
  const wait = isWaiting ? status.notices.findLast(({ during }) => during === 'waiting')?.sentence : undefined;
  return (
    <>
      {fault !== undefined && (
        <p class="banner banner-bad" role="alert">
          {fault.sentence}
        </p>
      )}
      {wait !== undefined && wait !== fault?.sentence && <p class="banner banner-warn">{wait}</p>}
    </>
  );
}

function bottleneckLine(state: LiveState, groups: readonly GroupView[]): string {
  const { status } = state;
  if (status.state === 'ended') return expectsFigures(state) ? 'on average since it last began' : '';
  if (status.state !== 'running') return '';
  if (isSingleProcess(state)) return 'all stages in one process: no figures of each';
  const bottleneck = groups.find(({ isBottleneck }) => isBottleneck);
  return `bottleneck: ${bottleneck === undefined ? 'none' : stageTitle(bottleneck.lead.stage)}`;
}

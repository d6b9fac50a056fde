import { useState } from 'preact/hooks';
import type { LiveState } from '../data/run-state.js';
import { stageTitle } from '../format.js';
import { Choice } from '../ui/choice.js';
import { Panel } from '../ui/panel.js';
import { PipelineFigure } from './pipeline-figure.js';
import { PipelineTable } from './pipeline-table.js';
import { expectsFigures, isSingleProcess, linksOf, stagesOf } from './stages.js';
import type { StageView } from './stages.js';

const FORMS = { figure: 'Figure', table: 'Table' } as const;

/** The pipeline as it stands. */
export function PipelinePanel({ state }: { readonly state: LiveState }) {
  const [form, setForm] = useState<keyof typeof FORMS>('figure');
  const [stages, links] = [stagesOf(state), linksOf(state)];
  return (
    <Panel
      title="Pipeline"
      aside={
        <>
          <span class="dim">{bottleneckLine(state, stages)}</span>
          <Choice label="Show the pipeline as" options={FORMS} chosen={form} choose={setForm} />
        </>
      }
    >
      <Reasons state={state} />
      {form === 'figure' ? (
        <PipelineFigure stages={stages} links={links} hasFigures={expectsFigures(state)} />
      ) : (
        <PipelineTable stages={stages} links={links} />
      )}
    </Panel>
  );
}

/** Why the pipeline does not flow. */
function Reasons({ state: { fault, status } }: { readonly state: LiveState }) {
  const wait = status.state === 'waiting' ? status.notices.at(-1)?.sentence : undefined;
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

function bottleneckLine(state: LiveState, stages: readonly StageView[]): string {
  const { status } = state;
  if (status.state === 'ended') return expectsFigures(state) ? 'on average since it last began' : '';
  if (status.state !== 'running') return '';
  if (isSingleProcess(state)) return 'all stages in one process: no figures of each';
  const bottleneck = stages.find(({ isBottleneck }) => isBottleneck);
  return `bottleneck: ${bottleneck === undefined ? 'none' : stageTitle(bottleneck.stage)}`;
}

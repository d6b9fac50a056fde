import { useState } from 'preact/hooks';
import type { LiveState } from '../data/run-state.js';
import { stageTitle } from '../format.js';
import { Choice } from '../ui/choice.js';
import { Panel } from '../ui/panel.js';
import { PipelineFigure } from './pipeline-figure.js';
import { PipelineTable } from './pipeline-table.js';
import { linksOf, stagesOf } from './stages.js';
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
      {state.fault !== undefined && (
        <p class="banner banner-bad" role="alert">
          {state.fault.sentence}
        </p>
      )}
      {form === 'figure' ? (
        <PipelineFigure stages={stages} links={links} />
      ) : (
        <PipelineTable stages={stages} links={links} />
      )}
    </Panel>
  );
}

function bottleneckLine({ status, readings }: LiveState, stages: readonly StageView[]): string {
  if (status.state === 'ended') return '';
  if (status.state === 'running' && Object.keys(readings).length === 0)
    return 'all stages in one process: no figures of each';
  const bottleneck = stages.find(({ isBottleneck }) => isBottleneck);
  return `bottleneck: ${bottleneck === undefined ? 'none' : stageTitle(bottleneck.stage)}`;
}

import { useEffect, useMemo } from 'preact/hooks';
import { LiveRun } from '../data/live-run.js';
import type { LiveState } from '../data/run-state.js';
import { client } from '../data/session.js';
import { TestView } from '../evaluation/test-view.js';
import { percent } from '../format.js';
import { PipelinePanel } from '../pipeline/pipeline-panel.js';
import { LayerHistograms } from '../charts/layer-histograms.js';
import { RunCharts } from '../charts/run-charts.js';
import { LookPanel } from '../look/look-panel.js';
import { formatRoute } from '../routes.js';
import type { RunTab } from '../routes.js';
import { ScalePanel } from '../scaling/scale-panel.js';
import { Message, Skeleton } from '../ui/states.js';
import { ConfigView } from './config-view.js';
import { EventsPanel } from './events-panel.js';
import { LayerTable } from './layer-table.js';
import { LogView } from './log-view.js';
import { ResultPanel } from './result-panel.js';
import { RunEndBanner } from './run-end.js';
import { RunHeader } from './run-header.js';
import { RunTabs } from './run-tabs.js';
import { SnapshotsPanel } from './snapshots-panel.js';
import { shareDone, standingOf } from './standing.js';

/** A run, followed for as long as it is shown. */
export function RunPage({ run, tab }: { readonly run: string; readonly tab: RunTab }) {
  const live = useMemo(() => new LiveRun(run, client), [run]);
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);
  const state = live.state.value;
  useEffect(() => {
    document.title = `${state === undefined ? '' : `${titleOf(state)} · `}${run} · Layerline`;
  });
  if (state !== undefined) return <Followed live={live} state={state} tab={tab} />;
  const connection = live.connection.value;
  if (connection.state === 'refused') {
    return (
      <Message title="This run cannot be shown">
        <p>{connection.why}</p>
        <p>
          <a href={formatRoute({ page: 'runs' })}>All runs</a>
        </p>
      </Message>
    );
  }
  return (
    <>
      <h1>{run}</h1>
      {connection.state === 'lost' && <p class="banner banner-warn">The coordinator does not answer. Trying again…</p>}
      <Skeleton lines={10} />
    </>
  );
}

function titleOf({ status }: LiveState): string {
  return status.state === 'running' ? percent(shareDone(status), 0) : standingOf(status).word;
}

interface FollowedProps {
  readonly live: LiveRun;
  readonly state: LiveState;
  readonly tab: RunTab;
}

function Followed({ live, state, tab }: FollowedProps) {
  return (
    <>
      <RunHeader live={live} state={state} />
      <RunTabs run={live.id} tab={tab} />
      <div class="stack">
        <RunEndBanner status={state.status} />
        <Tab live={live} state={state} tab={tab} />
      </div>
    </>
  );
}

function Tab({ live, state, tab }: FollowedProps) {
  switch (tab) {
    case 'overview':
      return (
        <>
          <ResultPanel status={state.status} />
          <PipelinePanel state={state} />
          <ScalePanel live={live} state={state} />
          <LayerTable state={state} />
          <div class="columns columns-overview">
            <EventsPanel state={state} />
            <SnapshotsPanel state={state} />
          </div>
        </>
      );
    case 'charts':
      return <RunCharts live={live} />;
    case 'layers':
      return (
        <>
          <LayerTable state={state} />
          <LookPanel live={live} state={state} />
          <LayerHistograms live={live} />
        </>
      );
    case 'test':
      return <TestView state={state} />;
    case 'log':
      return <LogView state={state} />;
    case 'config':
      return <ConfigView state={state} />;
  }
}

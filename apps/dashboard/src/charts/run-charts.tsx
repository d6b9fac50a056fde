import { TEST_ERROR, VALIDATION_ERROR } from '@layerline/api/measures';
import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Pace } from './axis.js';
import { ChartGrid } from './chart-grid.js';
import './charts.css';
import type { ChartKind } from './groups.js';
import type { Line } from './lines.js';
import { RunScene } from './run-scene.js';
import { layerSeries } from './samples.js';
import type { LiveRun } from './source.js';
import { layerStyle, RUN_STYLE } from './theme.js';
import { Toolbar } from './toolbar.js';
import type { Choice } from './toolbar.js';

/** What the whole run has, on the chart of errors. */
const OF_RUN: readonly { readonly series: string; readonly choice: Choice }[] = [
  { series: TEST_ERROR.name, choice: { key: 'run', label: 'Run', style: RUN_STYLE } },
  {
    series: VALIDATION_ERROR.name,
    choice: { key: 'held-out', label: 'Run, rows held out', style: { ...RUN_STYLE, dash: [5, 4] } },
  },
];

/** All charts of a run, of every layer, as it goes on. */
export function RunCharts({ live }: { readonly live: LiveRun }): JSX.Element {
  const scene = useMemo(() => new RunScene(live), [live]);
  useEffect(() => {
    scene.start();
    return () => scene.stop();
  }, [scene]);
  const layers = useComputed(() => live.state.value?.plan.layers.length ?? 0);
  const ended = useComputed(() => live.state.value?.status.state === 'ended');
  const present = scene.present.value;
  const pace = scene.pace.value;
  if (scene.failure.value !== undefined) return <p class="charts-note bad">{scene.failure}</p>;
  if (present === undefined) return <p class="charts-note">Loading charts …</p>;
  if (pace === undefined) return <p class="charts-note">Charts appear with the first observation of the run.</p>;
  const ofLayers = layerChoices(layers.value);
  const linesOf = ({ name: measure }: ChartKind): Line[] => {
    const isError = measure === TEST_ERROR.name;
    const run = isError ? OF_RUN.map(({ series, choice }) => lineOf(live.id, series, choice, pace)) : [];
    const lines = ofLayers.map((choice, index) => lineOf(live.id, layerSeries(index, measure), choice, pace));
    return [...run, ...lines].filter(({ name }) => present.has(name));
  };
  const ofRun = OF_RUN.filter(({ series }) => present.has(series)).map(({ choice }) => choice);
  const choices = [...ofRun, ...ofLayers];
  return (
    <div class="charts">
      <Toolbar scene={scene} choices={choices} live={!ended.value} />
      <ChartGrid scene={scene} linesOf={linesOf} />
    </div>
  );
}

function layerChoices(layers: number): Choice[] {
  return Array.from({ length: layers }, (_, index) => ({
    key: `layer-${index + 1}`,
    label: `Layer ${index + 1}`,
    style: layerStyle(index),
  }));
}

function lineOf(run: string, name: string, choice: Choice, pace: Pace): Line {
  return { ...choice, run, name, pace };
}

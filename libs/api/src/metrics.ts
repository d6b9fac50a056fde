import { layerName } from '@layerline/plan';
import type { ObservationReport } from './reports.js';
import { LAYER_MEASURES, LAYER_TEST_ERROR } from './measures/layer.js';
import { LINK_MEASURES } from './measures/link.js';
import { counter, gauge } from './measures/measure.js';
import type { Measure, MeasureKind } from './measures/measure.js';
import { RUN_MEASURES } from './measures/run.js';
import type { RunFigures } from './measures/run.js';
import { STAGE_MEASURES } from './measures/stage.js';
import type { StageFigures } from './measures/stage.js';
import type { OperationState } from './operation.js';
import { FINAL_STATES, isOver } from './operation-state.js';
import { runState } from './status.js';
import type { RunStatus } from './status.js';

/** Everything that is measured of a run at one moment. */
export interface RunReading extends RunFigures {
  /** The last observation of each layer, in the order of the pipeline; empty before the first. */
  readonly layers: ObservationReport['layers'];
  /** Of the last evaluation, in the same order; empty before the first. */
  readonly perLayerError: readonly (number | null)[];
  /** From the feeder to the evaluator. */
  readonly stages: readonly StageFigures[];
}

/** What a coordinator exposes at one moment. */
export interface Reading {
  readonly version: string;
  readonly nodes: number;
  readonly runs: readonly RunReading[];
}

/** A value under its labels. */
export interface Sample {
  /** By name, in the order of the metric's `labels`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric of `GET /metrics`, by the conventions of https://prometheus.io/docs/practices/naming. */
export interface Metric {
  /** Such as `layerline_stage_busy_seconds_total`. */
  readonly name: string;
  readonly kind: MeasureKind;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (reading: Reading) => Sample[];
}

/** All of them, from the measures: what the coordinator exposes, and what documentation and dashboards may name. */
export const METRICS: readonly Metric[] = [
  ...metrics('coordinator', ['version'], ({ version }) => [{ labels: [version], source: version }], [
    one('info', 'The version of the coordinator'),
  ]),
  ...metrics('coordinator', [], ({ nodes }) => [{ labels: [], source: nodes }], [
    gauge<number>('nodes', '', 'Nodes that have joined', (nodes) => nodes),
  ]),
  ...metricsOfRuns('run', [], (run) => [{ labels: [], source: run }], RUN_MEASURES),
  ...metricsOfRuns('run', ['state'], ({ status }) => runState.options.map((state) => labelled(state, status.state)), [
    gauge<boolean>('state', '', '1 for the state that the run is in, 0 for the others', Number),
  ]),
  ...metricsOfRuns('run', ['state'], ({ operations }) => FINAL_STATES.map((state) => ofState(state, operations)), [
    counter<number>('operations', '', 'Changes of the stages that are over, by how they ended', (ended) => ended),
  ]),
  ...metricsOfRuns('layer', ['layer'], ({ status }) => inPipeline(status.topology.shards), [
    gauge<number>('shards', '', 'Into how many shards the layer is cut', (shards) => shards),
  ]),
  ...metricsOfRuns('layer', ['layer'], ({ status }) => inPipeline(wantedShards(status)), [
    gauge<number>(
      'wanted-shards',
      '',
      'The same as it is to be, once an operation that is under way is over',
      (n) => n,
    ),
  ]),
  ...metricsOfRuns('layer', ['layer'], ({ layers }) => inPipeline(layers), LAYER_MEASURES),
  ...metricsOfRuns('layer', ['layer'], ({ perLayerError }) => inPipeline(perLayerError), [LAYER_TEST_ERROR]),
  ...metricsOfRuns('stage', ['stage', 'role', 'node'], ({ stages }) => stages.flatMap((source) => placed(source)), [
    one('info', 'Where the stage is now'),
  ]),
  ...metricsOfRuns(
    'stage',
    ['stage'],
    ({ stages }) => stages.map((source) => ({ labels: [source.stage], source })),
    STAGE_MEASURES,
  ),
  ...metricsOfRuns('link', ['from', 'to'], ({ stages }) => linksAmong(stages), LINK_MEASURES),
];

/** Something that is measured, and the values of its labels. */
interface Subject<Source> {
  readonly labels: readonly string[];
  readonly source: Source;
}

function metricsOfRuns<Source>(
  scope: string,
  labels: readonly string[],
  subjects: (run: RunReading) => Subject<Source>[],
  measures: readonly Measure<Source>[],
): Metric[] {
  const ofRun = (run: RunReading): Subject<Source>[] =>
    subjects(run).map(({ labels, source }) => ({ labels: [run.status.id, ...labels], source }));
  return metrics(scope, ['run', ...labels], ({ runs }) => runs.flatMap(ofRun), measures);
}

function metrics<Source>(
  scope: string,
  labels: readonly string[],
  subjects: (reading: Reading) => Subject<Source>[],
  measures: readonly Measure<Source>[],
): Metric[] {
  return measures.map(({ name, kind, unit, help, read }) => ({
    name: metricName(scope, { name, kind, unit }),
    kind,
    help,
    labels,
    samples: (reading) =>
      subjects(reading).flatMap(({ labels: values, source }) => {
        const value = read(source);
        const named = Object.fromEntries(labels.map((label, index) => [label, values[index] as string]));
        return value === null ? [] : [{ labels: named, value }];
      }),
  }));
}

function metricName(scope: string, { name, kind, unit }: Pick<Measure<never>, 'name' | 'kind' | 'unit'>): string {
  const suffix = unit === '' || name.split('-').at(-1) === unit ? [] : [unit];
  return ['layerline', scope, ...name.split('-'), ...suffix, ...(kind === 'counter' ? ['total'] : [])].join('_');
}

/** A measure that is always 1: what there is to say is in the labels. */
function one(name: string, help: string): Measure<unknown> {
  return gauge(name, '', help, () => 1);
}

function labelled(label: string, actual: string): Subject<boolean> {
  return { labels: [label], source: label === actual };
}

function ofState(state: OperationState, ended: RunReading['operations']): Subject<number> {
  return { labels: [state], source: ended[state] ?? 0 };
}

function wantedShards({ topology, operation }: RunStatus): number[] {
  return topology.shards.map((present, index) => {
    if (operation === null || isOver(operation) || operation.change.kind !== 'scale') return present;
    return operation.change.layer === layerName(index) ? operation.change.to : present;
  });
}

function inPipeline<Source>(layers: readonly (Source | null)[]): Subject<Source>[] {
  return layers.flatMap((source, index) => (source === null ? [] : [{ labels: [layerName(index)], source }]));
}

function placed(source: StageFigures): Subject<unknown>[] {
  const { stage, role, node } = source;
  return node === null ? [] : [{ labels: [stage, role, node], source }];
}

/** The links on which frames go downstream: from each shard of a layer to each of the next one. */
function linksAmong(stages: readonly StageFigures[]): Subject<{ from: StageFigures; to: StageFigures }>[] {
  const names = [...new Set(stages.map(({ stage }) => groupOf(stage)))];
  const inOrder = names.map((name) => stages.filter(({ stage }) => groupOf(stage) === name));
  return inOrder
    .slice(1)
    .flatMap((consumers, before) =>
      (inOrder[before] ?? []).flatMap((from) =>
        consumers.map((to) => ({ labels: [from.stage, to.stage], source: { from, to } })),
      ),
    );
}

/** The layer that a shard is of, or the stage itself. */
function groupOf(stage: string): string {
  return stage.split('/', 1)[0] ?? stage;
}

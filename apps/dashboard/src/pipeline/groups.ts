import { shardsOf } from '@layerline/api/shards';
import { framesInFlight } from '../data/readings.js';
import type { Readings } from '../data/readings.js';
import { isUnderWay } from '../data/run-state.js';
import type { LiveState } from '../data/run-state.js';
import { bottleneckOf } from './bottleneck.js';
import type { Load } from './bottleneck.js';
import { layerStage, stageView } from './stages.js';
import type { StageView } from './stages.js';

/** What is drawn as one: an end of the pipeline, or a layer with all of its shards. */
export interface GroupView {
  /** `feeder`, `layer-1`, …, `evaluator`. */
  readonly name: string;
  /** From 0; undefined for what is no layer. */
  readonly layer: number | undefined;
  /** Width of a layer. */
  readonly units: number | undefined;
  /** The node's own program that stands in for a layer. */
  readonly program: string | undefined;
  /** At least one, shards in the order of their units. */
  readonly stages: readonly StageView[];
  /** The one that the others wait for, whose state and figures are the group's. */
  readonly lead: StageView;
  readonly isBottleneck: boolean;
}

/** All that flows from a group to the next. */
export interface LinkView {
  readonly from: string;
  readonly to: string;
  /** A frame counts once, however many shards send and receive slices of it. */
  readonly framesInFlight: number | undefined;
  /** Of all that the group sends: each consumer gets a copy, and shards get sums from each other. */
  readonly bytesPerSecond: number | undefined;
}

const NO_LAYER = { layer: undefined, units: undefined, program: undefined } as const;

/** Groups in the order of the pipeline. */
export function groupsOf(state: LiveState): readonly GroupView[] {
  const { plan, status } = state;
  const end = (name: string) => ({ name, ...NO_LAYER, stages: [stageView(state, name)] });
  const layers = plan.layers.map(({ units }, layer) => {
    const name = layerStage(layer);
    const stages = shardsOf(plan, layer).map(({ stage, range }) => stageView(state, stage, range.to - range.from));
    return { name, layer, units, program: plan.programs?.[name], stages };
  });
  const groups = [end('feeder'), ...layers, end('evaluator')].map((group) => ({
    ...group,
    lead: leadOf(group.stages),
  }));
  const bottleneck = status.state === 'running' ? bottleneckOf(groups.map(loadOf)) : undefined;
  return groups.map((group, place) => ({ ...group, isBottleneck: place === bottleneck }));
}

/** The links between neighbouring groups. */
export function linksOf({ status, readings }: LiveState, groups: readonly GroupView[]): readonly LinkView[] {
  return groups.slice(1).map((to, place) => {
    const from = groups[place] as GroupView;
    const ends = { from: from.name, to: to.name };
    if (!isUnderWay(status.state)) return { ...ends, framesInFlight: undefined, bytesPerSecond: undefined };
    const rates = from.stages.flatMap(({ rates }) => (rates === undefined ? [] : [rates.bytesPerSecond]));
    return {
      ...ends,
      framesInFlight: mostInFlight(readingsOf(from, readings), readingsOf(to, readings)),
      bytesPerSecond: rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate),
    };
  });
}

/** The nodes that have some of a group's stages, each once. */
export function nodesOf(stages: readonly StageView[]): readonly string[] {
  return [...new Set(stages.flatMap(({ node }) => (node === undefined ? [] : [node])))];
}

/** One that is missing holds up all the others; or else it is the busiest. @param stages at least one */
function leadOf(stages: readonly StageView[]): StageView {
  const isMissing = ({ state }: StageView): boolean => state === 'dead' || state === 'restarting';
  const busy = ({ rates }: StageView): number => rates?.busy ?? 0;
  return stages.find(isMissing) ?? stages.reduce((lead, stage) => (busy(stage) > busy(lead) ? stage : lead));
}

/** Shards share their layer's work, and the slowest sets the pace: a mean would hide it. */
function loadOf({ lead, stages }: Pick<GroupView, 'lead' | 'stages'>): Load | undefined {
  if (lead.rates === undefined) return undefined;
  const waits = stages.map(({ rates }) => rates?.waitingForCredit ?? 0);
  return { busy: lead.rates.busy, waitingForCredit: Math.max(...waits) };
}

function readingsOf({ stages }: GroupView, readings: LiveState['readings']): readonly (Readings | undefined)[] {
  return stages.map(({ stage }) => readings[stage]);
}

/** Between those that are furthest apart: a frame is on its way until the last consumer has it. */
function mostInFlight(
  producers: readonly (Readings | undefined)[],
  consumers: readonly (Readings | undefined)[],
): number | undefined {
  const counts = producers.flatMap((producer) => consumers.map((consumer) => framesInFlight(producer, consumer)));
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

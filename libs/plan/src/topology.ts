import type { UnitRange } from '@layerline/forward-forward';
import type { StageRole } from '@layerline/protocol';
import { largestFrameBytes, largestScoresBytes, largestSumsBytes } from './blocks.js';
import { shardsOf } from './layer-shards.js';
import type { Cut } from './layer-shards.js';
import { layerName } from './layers.js';
import type { Network, Plan } from './plan.js';

/** A stage of the plan. */
export interface StagePlan {
  readonly stage: string;
  readonly role: StageRole;
  /** The layer that it is, or a shard of, by its place counted from 0; undefined for both ends. */
  readonly layer: number | undefined;
  /** The units of the layer that it has; undefined for both ends. */
  readonly range: UnitRange | undefined;
  /** The node's own program that the stage runs; undefined for Layerline's program. */
  readonly program: string | undefined;
}

/** What frames travel on from one stage to another, or sums both ways between shards of a layer. */
export interface LinkPlan {
  readonly from: string;
  readonly to: string;
  /** The largest frame that it carries, in bytes. */
  readonly maxFrameBytes: number;
}

/** The stages of a plan, or of a config, each after those whose frames it gets. */
export function stagesOf(cut: Cut): StagePlan[] {
  const ends = { layer: undefined, range: undefined, program: undefined };
  return [
    { stage: 'feeder', role: 'feeder', ...ends },
    ...cut.layers.flatMap((_, layer) => {
      const program = cut.programs?.[layerName(layer)];
      return shardsOf(cut, layer).map(({ stage, range }): StagePlan => ({
        stage,
        role: 'layer',
        layer,
        range,
        program,
      }));
    }),
    { stage: 'evaluator', role: 'evaluator', ...ends },
  ];
}

/** A stage of a plan by its name. @throws RangeError where there is none */
export function stageOf(stage: string, plan: Plan): StagePlan {
  const found = stagesOf(plan).find((each) => each.stage === stage);
  if (found === undefined) throw new RangeError(`The plan has no stage ${stage}`);
  return found;
}

/** Stages that get the same frames: an end of the pipeline, or all shards of a layer. */
function groupsOf(plan: Cut): StagePlan[][] {
  const [feeder, ...rest] = stagesOf(plan) as [StagePlan, ...StagePlan[]];
  const evaluator = rest.slice(-1);
  return [[feeder], ...plan.layers.map((_, index) => rest.filter(({ layer }) => layer === index)), evaluator];
}

/** The stages whose frames a stage gets, in the order of their units. */
export function producersOf({ layer }: StagePlan, plan: Plan): StagePlan[] {
  return groupsOf(plan)[layer ?? plan.layers.length] ?? [];
}

/** The links of a plan on which frames go downstream, from the head of the pipeline to its end. */
export function linksOf(plan: Network): LinkPlan[] {
  const groups = groupsOf(plan);
  return groups.slice(1).flatMap((consumers, passed) => {
    return (groups[passed] ?? []).flatMap((from) => {
      const maxFrameBytes = largestFrameBytes(plan, passed, from.range);
      return consumers.map((to) => ({ from: from.stage, to: to.stage, maxFrameBytes }));
    });
  });
}

/** The link on which the evaluator tells the feeder what negatives are made of; none where they are made of nothing learned. */
export function feedbackLinksOf(plan: Network): LinkPlan[] {
  if (plan.hard === undefined) return [];
  return [{ from: 'evaluator', to: 'feeder', maxFrameBytes: largestScoresBytes(plan) }];
}

/** The links of a plan between shards of a layer, each with the one before in `from`. */
export function peerLinksOf(plan: Network): LinkPlan[] {
  return groupsOf(plan).flatMap((shards) =>
    shards.flatMap((from, place) =>
      shards.slice(place + 1).map((to) => {
        const bytes = [from, to].map(({ layer = 0, range }) => largestSumsBytes(plan, layer, range as UnitRange));
        return { from: from.stage, to: to.stage, maxFrameBytes: Math.max(...bytes) };
      }),
    ),
  );
}

import type { StageRole } from '@layerline/protocol';
import { largestFrameBytes } from './blocks.js';
import { layerName } from './layers.js';
import type { Plan } from './plan.js';

/** A stage of the plan. */
export interface StagePlan {
  readonly stage: string;
  readonly role: StageRole;
  /** The layer that it is, by its place counted from 0; undefined for both ends. */
  readonly layer: number | undefined;
  /** The node's own program that the stage runs; undefined for Layerline's program. */
  readonly program: string | undefined;
}

/** What frames travel on from one stage to another. */
export interface LinkPlan {
  readonly from: string;
  readonly to: string;
  /** The largest frame that it carries, in bytes. */
  readonly maxFrameBytes: number;
}

/** The stages of a plan, or of a config, each after those whose frames it gets. */
export function stagesOf({
  layers,
  programs,
}: {
  readonly layers: readonly unknown[];
  readonly programs?: Plan['programs'];
}): StagePlan[] {
  const between = layers.map((_, layer): StagePlan => {
    const stage = layerName(layer);
    return { stage, role: 'layer', layer, program: programs?.[stage] };
  });
  const ends = { layer: undefined, program: undefined };
  return [{ stage: 'feeder', role: 'feeder', ...ends }, ...between, { stage: 'evaluator', role: 'evaluator', ...ends }];
}

/** The stage whose frames a stage gets. @throws RangeError where there is none */
export function producerOf(stage: string, plan: Plan): string {
  const link = linksOf(plan).find(({ to }) => to === stage);
  if (link === undefined) throw new RangeError(`The plan has no link to ${stage}`);
  return link.from;
}

/** The links of a plan, from the head of the pipeline to its end. */
export function linksOf(plan: Plan): LinkPlan[] {
  const names = stagesOf(plan).map(({ stage }) => stage);
  return names.slice(1).map((to, passed) => {
    return { from: names[passed] as string, to, maxFrameBytes: largestFrameBytes(plan, passed) };
  });
}

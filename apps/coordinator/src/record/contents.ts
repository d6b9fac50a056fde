import { partName } from '@layerline/checkpoint';
import type { SnapshotContent } from '@layerline/checkpoint';
import { layerName, stagesOf, trainedLayers } from '@layerline/plan';
import type { Plan, StagePlan } from '@layerline/plan';

/**
 * What each snapshot of a run has, whatever its layers are cut into: the state of both ends and of every layer but nodes' own
 * programs, which store nothing here.
 */
export function snapshotContents(plan: Plan): SnapshotContent[] {
  const layers = trainedLayers(plan).map((index): SnapshotContent => {
    return { name: layerName(index), format: 'safetensors', units: plan.layers[index]?.units };
  });
  return [{ name: 'feeder', format: 'json' }, ...layers, { name: 'evaluator', format: 'json' }];
}

/** The parts that the stages of a plan store, by stage. */
export function partsOf(plan: Plan): ReadonlyMap<string, string> {
  const storing = stagesOf(plan).filter(({ program }) => program === undefined);
  return new Map(storing.map((stage) => [stage.stage, partOf(stage)]));
}

/** The parts that a model comes in. */
export function layerParts(plan: Plan): string[] {
  return stagesOf(plan)
    .filter(({ role, program }) => role === 'layer' && program === undefined)
    .map((stage) => partOf(stage));
}

/** The stage that stores a part. */
export function stageOfPart(plan: Plan, part: string): string {
  return stagesOf(plan).find((stage) => partOf(stage) === part)?.stage ?? part;
}

/** The name of the part that a stage stores. */
export function partOf({ stage, layer, range }: StagePlan): string {
  if (layer === undefined || stage === layerName(layer)) return stage;
  return partName({ name: layerName(layer) }, range);
}

import type { SnapshotContent } from '@layerline/checkpoint';
import { stagesOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';

/** What each snapshot of a run has: the state of every stage but those of nodes' own programs, which store nothing here. */
export function snapshotContents(plan: Plan): SnapshotContent[] {
  const stages = stagesOf(plan).filter(({ program }) => program === undefined);
  return stages.map(({ stage, layer }) => {
    if (layer === undefined) return { name: stage, format: 'json' };
    return { name: stage, format: 'safetensors', units: plan.layers[layer]?.units };
  });
}

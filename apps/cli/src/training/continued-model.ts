import { join } from 'node:path';
import { encodeSafetensors, readModel } from '@layerline/checkpoint';
import type { ModelPart } from '@layerline/checkpoint';
import type { ContinuedModel, InitialState } from '@layerline/coordinator';
import { layerState } from '@layerline/forward-forward';
import type { LayerSpec } from '@layerline/forward-forward';
import { sizeOf } from '@layerline/ops';
import { initialEvaluatorState, misfitOf } from '@layerline/pipeline';
import { ConfigError, layerName } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { findRun } from '../run-lookup.js';

/**
 * The model of a run, for another one to go on with: its weights, and optimizers that begin anew.
 * @param out folder of the runs
 * @throws CheckpointError if there is no such run, or it has no model
 */
export async function continuedModel(run: string, out: string): Promise<ContinuedModel> {
  const { folder } = await findRun(run, out);
  const { manifest, parts } = await readModel(join(folder, 'model'));
  return { weightsSha256: manifest.weightsSha256, stateFor: (plan) => stateFor(plan, parts) };
}

function stateFor(plan: Plan, parts: readonly ModelPart[]): InitialState {
  const misfit = misfitOf(plan, parts);
  if (misfit !== undefined) throw new ConfigError(`continue: ${misfit}`);
  const text = (state: object): Uint8Array => new TextEncoder().encode(JSON.stringify(state));
  const layers = plan.layers.map((spec, index) => {
    const name = layerName(index);
    const metadata = { layer: name, step: '0' };
    return [name, encodeSafetensors(tensorsOf(spec, parts[index]), metadata)] as const;
  });
  return new Map([['feeder', text({ step: 0 })], ...layers, ['evaluator', text(initialEvaluatorState(plan))]]);
}

/** A layer's whole state: what it has learned, and moments as they are at first. */
function tensorsOf(spec: LayerSpec, part: ModelPart | undefined): ModelPart['tensors'] {
  return layerState(spec).map(({ name, shape, initial }) => {
    const learned = part?.tensors.find((tensor) => tensor.name === name);
    return learned ?? { name, shape, data: new Float32Array(sizeOf(shape)).fill(initial === 'random' ? 0 : initial) };
  });
}

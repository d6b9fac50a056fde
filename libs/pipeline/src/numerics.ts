import { createHash } from 'node:crypto';
import type { Engine } from '@layerline/engine';
import { inputShapes, StepCounter } from '@layerline/forward-forward';
import type { LayerSpec } from '@layerline/forward-forward';
import { fold, normal, randomKey, sizeOf } from '@layerline/ops';
import type { Shape } from '@layerline/ops';
import { trainedLayers } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { Layer } from './layer.js';

/** Any key: the same probe everywhere. */
const PROBE_KEY = randomKey(0x70726f6265);
const PROBE_RATE = 0.01;
/** A prime, so that no two rows are the same. */
const DRAWN = 65_521;

/**
 * What decides the bits of a run, as `engine version backend probe`: two machines with the same numerics compute the
 * same numbers. The probe is a hash of what the engine makes of made-up rows in the plan's real shapes, one forward
 * pass and one learning step for each shape, with the plan's threads.
 */
export async function numericsOf(engine: Engine, plan: Pick<Plan, 'layers' | 'batch' | 'programs'>): Promise<string> {
  const trained = trainedLayers(plan).map((index) => plan.layers[index] as LayerSpec);
  const shapes = new Map(trained.map((spec) => [`${spec.inputs} ${spec.overlay} ${spec.units}`, spec]));
  const hash = createHash('sha256');
  for (const spec of shapes.values()) await probe(engine, spec, 2 * plan.batch, hash.update.bind(hash));
  const { engine: name, version, backend } = engine.identity;
  return `${name} ${version} ${backend} ${hash.digest('hex').slice(0, 16)}`;
}

async function probe(
  engine: Engine,
  spec: LayerSpec,
  rows: number,
  update: (bytes: Uint8Array) => unknown,
): Promise<void> {
  const deviation = 1 / Math.sqrt(spec.inputs);
  const layer = Layer.with(engine, spec, ({ shape, initial }) => {
    return initial === 'random' ? madeUp(shape, 0, deviation) : new Float32Array(sizeOf(shape)).fill(initial);
  });
  const batch = { rows, images: spec.overlay === 0 ? rows : rows / 2 };
  const input = Array.from(
    inputShapes(spec, batch),
    ([name, shape], index) => [name, madeUp(shape, index + 1, 1)] as const,
  );
  const { goodness, normalized } = await layer.forward(Object.fromEntries(input), batch, {
    learn: true,
    normalized: true,
  });
  await layer.learn(new StepCounter(spec.optimizer).next(PROBE_RATE));
  const learned = (await layer.parameters()).map(({ data }) => data);
  for (const { buffer, byteOffset, byteLength } of [goodness, normalized?.data ?? goodness, ...learned]) {
    update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  layer.dispose();
  layer.graphs.dispose();
}

/** Normally distributed numbers, repeated: drawing as many as a wide layer has would delay the start. */
function madeUp(shape: Shape, seed: number, deviation: number): Float32Array {
  const key = fold(PROBE_KEY, seed);
  const made = new Float32Array(sizeOf(shape));
  const drawn = made.subarray(0, DRAWN);
  for (let at = 0; at < drawn.length; at++) drawn[at] = deviation * normal(key, at);
  for (let at = DRAWN; at < made.length; at += DRAWN) made.set(drawn.subarray(0, made.length - at), at);
  return made;
}

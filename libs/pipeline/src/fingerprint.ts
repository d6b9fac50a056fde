import { createHash } from 'node:crypto';
import type { Engine } from '@layerline/engine';
import { inputShapes, StepCounter } from '@layerline/forward-forward';
import type { LayerSpec } from '@layerline/forward-forward';
import { fold, normal, randomKey, sizeOf } from '@layerline/ops';
import { Layer } from './layer.js';
import type { Plan } from './plan.js';

/** Any key: the same probe everywhere. */
const PROBE_KEY = randomKey(0x70726f6265);
const PROBE_RATE = 0.01;

/**
 * What decides the bits of a run, as `engine version backend probe`: two machines with the same fingerprint compute the
 * same numbers. The probe is a hash of what the engine makes of made-up rows in the plan's real shapes, one forward
 * pass and one learning step for each shape, with the plan's threads.
 */
export async function fingerprintOf(engine: Engine, plan: Pick<Plan, 'layers' | 'batch'>): Promise<string> {
  const shapes = new Map(plan.layers.map((spec) => [`${spec.inputs} ${spec.overlay} ${spec.units}`, spec]));
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
  const layer = Layer.create(engine, spec, fold(PROBE_KEY, 1));
  const batch = { rows, images: spec.overlay === 0 ? rows : rows / 2 };
  const input = Array.from(inputShapes(spec, batch), ([name, shape], index) => {
    const key = fold(PROBE_KEY, 2, index);
    return [name, Float32Array.from({ length: sizeOf(shape) }, (_, at) => normal(key, at))] as const;
  });
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
}

import type { Engine } from '@layerline/engine';
import { StepCounter } from '@layerline/forward-forward';
import type { LayerSpec } from '@layerline/forward-forward';
import { fold, normal, randomKey } from '@layerline/ops';
import { applyPreset, DEFAULT_PRESET, layerSpecs } from '@layerline/plan';
import { Layer } from './layer.js';

/** Any key: times do not depend on the numbers. */
const KEY = randomKey(0x74696d65);

/** The layer that is timed, with as many inputs as units. */
export interface TimedLayer {
  readonly units: number;
  /** Of each step, positive and negative: an even number. */
  readonly rows: number;
}

/** How long a training step took. */
export interface StepTime {
  /** The median: of the steps after the first, which compiles; of the first where it alone took all the time. */
  readonly millisecondsPerStep: number;
  readonly steps: number;
}

/**
 * Times training steps of one hidden layer with the default recipe: forward, learn, and the copies in and out of the
 * engine that a stage makes too.
 * @param milliseconds how long it may go on; a step under way is ended
 */
export async function timeSteps(engine: Engine, { units, rows }: TimedLayer, milliseconds: number): Promise<StepTime> {
  const config = applyPreset(DEFAULT_PRESET, { layers: [units, units], batch: rows / 2 });
  const spec = layerSpecs(config)[1] as LayerSpec;
  const layer = Layer.create(engine, spec, fold(KEY, 1));
  const counter = new StepCounter(spec.optimizer);
  const inputKey = fold(KEY, 2);
  const input = Float32Array.from({ length: rows * units }, (_, at) => normal(inputKey, at));
  const batch = { rows, images: rows };
  const step = async (): Promise<number> => {
    const start = performance.now();
    const { normalized } = await layer.forward({ input: input.slice() }, batch, { learn: true, normalized: true });
    await layer.learn(counter.next(spec.learningRate));
    normalized?.release();
    return performance.now() - start;
  };
  const first = await step();
  const times: number[] = [];
  for (let spent = first; spent < milliseconds; spent += times.at(-1) ?? 0) times.push(await step());
  layer.dispose();
  layer.graphs.dispose();
  const sorted = (times.length === 0 ? [first] : times).sort((a, b) => a - b);
  return { millisecondsPerStep: sorted[Math.floor(sorted.length / 2)] as number, steps: sorted.length };
}

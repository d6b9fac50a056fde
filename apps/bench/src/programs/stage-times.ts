/**
 * Times what a layer, the feeder and the evaluator do with a frame, without links.
 *
 * `node stage-times.js '{"recipe": …, "pairs": 100, "shapes": [{"inputs": 784, "units": 2000}], "threads": 1,
 * "beside": 0, "repeats": 40}'` prints one line of JSON.
 */
import { DIGITS_SEED, imageCounts, loadDataset } from '@layerline/datasets';
import { inputShapes, StepCounter } from '@layerline/forward-forward';
import type { LayerSpec } from '@layerline/forward-forward';
import { randomKey, sizeOf } from '@layerline/ops';
import { chooseEngine, EvaluatorRole, FeederRole, Layer } from '@layerline/pipeline';
import { applyPreset, makePlan } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { Frame } from '@layerline/protocol';
import { trainingFrame } from '../frames.js';
import type { LayerShape, LayerTimes, StageTimes, StageTimesOptions } from '../simulation/stage-times.js';

const WARM_UP_STEPS = 5;
/** The ends are quick, and the compiler takes some hundred frames to make them so. */
const END_FRAMES = 400;
/** Nothing is kept of what is measured. */
const nowhere = async (): Promise<void> => undefined;
const NOWHERE = { report: (): void => undefined, storeSnapshot: nowhere, storeLook: nowhere };

const options = JSON.parse(process.argv[2] ?? '') as StageTimesOptions;
const { recipe, pairs, shapes, threads, beside, repeats } = options;
const dataset = { name: 'digits', seed: DIGITS_SEED } as const;
const settings = { batch: pairs, epochs: 1000, layers: shapes.map(({ units }) => units) };
const plan = makePlan(applyPreset('mlp-3x1000', settings), {
  dataset,
  ...imageCounts(dataset),
  engine: { backend: 'onnx/c-api', threads, spinning: false, concurrency: 1 },
});

const layers: LayerTimes[] = [];
for (const shape of shapes) layers.push(await timeLayer(shape));
const result: StageTimes = { layers, feeder: await timeFeeder(plan), evaluator: await timeEvaluator(plan) };
process.stdout.write(`${JSON.stringify(result)}\n`);

/** Times a layer while others of its shape work beside it. */
async function timeLayer(shape: LayerShape): Promise<LayerTimes> {
  const worker = await openWorker(shape);
  const others = await Promise.all(Array.from({ length: beside }, () => openWorker(shape)));
  let busy = true;
  const besides = others.map(async (other) => {
    while (busy) await other.step();
    await other.close();
  });
  const times: LayerTimes = { ...shape, forward: [], learn: [] };
  for (let repeat = 0; repeat < WARM_UP_STEPS + repeats; repeat++) {
    const { forward, learn } = await worker.step();
    if (repeat < WARM_UP_STEPS) continue;
    times.forward.push(forward);
    times.learn.push(learn);
  }
  busy = false;
  await Promise.all([worker.close(), ...besides]);
  return times;
}

interface Worker {
  /** Passes a frame and learns from it. @returns milliseconds of both */
  step(): Promise<{ readonly forward: number; readonly learn: number }>;
  close(): Promise<void>;
}

async function openWorker({ inputs, overlay, units }: LayerShape): Promise<Worker> {
  const { objective, alpha, threshold, optimizer, momentum, rate } = recipe;
  const spec: LayerSpec = {
    inputs,
    overlay,
    units,
    goodness: 'mean',
    objective: { name: objective, alpha, threshold },
    optimizer:
      optimizer === 'sgd' ? { name: optimizer, momentum, weightDecay: 0 } : { name: optimizer, weightDecay: 0 },
    peerNormalization: 0,
  };
  // As stages are opened: processes that share cores do not spin.
  const { engine } = await chooseEngine('auto', { threads, spinning: false });
  const layer = Layer.create(engine, spec, randomKey(1));
  const steps = new StepCounter(spec.optimizer);
  const batch = { rows: 2 * pairs, images: overlay === 0 ? 2 * pairs : pairs };
  const templates = Array.from(inputShapes(spec, batch), ([name, shape]) => {
    return [name, Float32Array.from({ length: sizeOf(shape) }, () => Math.random() * Math.sqrt(3))] as const;
  });
  return {
    async step() {
      // The layer keeps what it is given, and a frame is in new memory each time.
      const input = Object.fromEntries(templates.map(([name, template]) => [name, template.slice()]));
      const start = performance.now();
      const { normalized } = await layer.forward(input, batch, { learn: true, normalized: true });
      const passed = performance.now();
      await layer.learn(steps.next(rate));
      normalized?.release();
      return { forward: passed - start, learn: performance.now() - passed };
    },
    close: () => engine.close(),
  };
}

async function timeFeeder(plan: Plan): Promise<number[]> {
  const times: number[] = [];
  let start = performance.now();
  for await (const frame of new FeederRole(plan, await loadDataset(dataset), NOWHERE).transform()) {
    if (frame.kind === 'rows') times.push(performance.now() - start);
    if (times.length === 2 * END_FRAMES) break;
    start = performance.now();
  }
  return times.slice(END_FRAMES);
}

async function timeEvaluator(plan: Plan): Promise<number[]> {
  const frame = trainingFrame({ pairs, units: 0, layers: plan.layers.length });
  const times: number[] = [];
  async function* frames(): AsyncGenerator<Frame> {
    for (let sent = 0; sent < 2 * END_FRAMES; sent++) {
      const start = performance.now();
      yield { ...frame, batch: sent };
      times.push(performance.now() - start);
    }
  }
  // All in one epoch, without barriers.
  const epoch = { ...plan, batchesPerEpoch: 2 * END_FRAMES, observeEvery: 0 };
  for await (const _ of new EvaluatorRole(epoch, NOWHERE).transform(frames()));
  return times.slice(END_FRAMES);
}

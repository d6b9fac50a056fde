/**
 * Times what a layer or a shard, the feeder and the evaluator do with a frame, and putting it together, without links.
 *
 * `node stage-times.js '{"recipe": …, "pairs": 100, "shapes": [{"inputs": 784, "units": 2000}], "threads": 1,
 * "beside": 0, "repeats": 40}'` prints one line of JSON.
 */
import { loadDataset } from '@layerline/datasets';
import { blocksOf, blockUnits, inputShapes, StepCounter } from '@layerline/forward-forward';
import type { LayerSpec } from '@layerline/forward-forward';
import { randomKey, sizeOf } from '@layerline/ops';
import { chooseEngine, EvaluatorRole, FeederRole, Gather, Layer } from '@layerline/pipeline';
import { blocksOfRows, piecesOf, producersOf, stageOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { releaseRows } from '@layerline/protocol';
import type { Block, Frame, Rows } from '@layerline/protocol';
import { trainingFrame } from '../frames.js';
import { planOf } from '../network-plan.js';
import type { LayerShape, LayerTimes, StageTimes, StageTimesOptions } from '../simulation/stage-times.js';
import { frameTraffic, trainingRows } from '../traffic.js';

const WARM_UP_STEPS = 5;
/** The ends are quick, and the compiler takes some hundred frames to make them so. */
const END_FRAMES = 400;
/** Frames that are put together in turn: what has been received from a link is not in the cache. */
const RECEIVED = 16;
/** Nothing is kept of what is measured. */
const nowhere = async (): Promise<void> => undefined;
const NOWHERE = { report: (): void => undefined, storeSnapshot: nowhere, storeLook: nowhere };

const options = JSON.parse(process.argv[2] ?? '') as StageTimesOptions;
const { recipe, pairs, shapes, threads, beside, repeats } = options;
/** Of which the ends are timed, and a frame from the first layer to the second. */
const plan = planOf({ layers: [2000, 2000, 2000, 2000], shards: [2, 1, 1, 1] }, pairs);

const layers: LayerTimes[] = [];
for (const shape of shapes) layers.push(await timeLayer(shape));
const ends = { feeder: await timeFeeder(plan), evaluator: await timeEvaluator(plan) };
const result: StageTimes = { layers, ...ends, assembling: await timeAssembling(plan) };
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
  const steps: Step[] = [];
  for (let repeat = 0; repeat < WARM_UP_STEPS + repeats; repeat++) {
    const step = await worker.step();
    if (repeat >= WARM_UP_STEPS) steps.push(step);
  }
  busy = false;
  await Promise.all([worker.close(), ...besides]);
  const [forward, learn] = [steps.map((step) => step.forward), steps.map((step) => step.learn)];
  return { ...shape, forward, learn, ...(shape.of !== undefined && { finish: steps.map((step) => step.finish) }) };
}

/** Milliseconds. */
interface Step {
  readonly forward: number;
  /** Of a shard, from having the sums of the others; else 0. */
  readonly finish: number;
  readonly learn: number;
}

interface Worker {
  /** Passes a frame and learns from it. */
  step(): Promise<Step>;
  close(): Promise<void>;
}

async function openWorker({ inputs, overlay, units, of = units }: LayerShape): Promise<Worker> {
  const { objective, alpha, threshold, optimizer, momentum, rate } = recipe;
  const spec: LayerSpec = {
    inputs,
    overlay,
    units: of,
    activation: { name: 'relu' },
    goodness: { name: 'mean' },
    normalization: { name: 'mean-square' },
    objective: objective === 'threshold' ? { name: objective, alpha, threshold } : { name: objective, alpha },
    optimizer:
      optimizer === 'sgd' ? { name: optimizer, momentum, weightDecay: 0 } : { name: optimizer, weightDecay: 0 },
    learningRate: rate,
    schedule: { name: 'constant' },
    dropout: 0,
    peerNormalization: 0,
  };
  // As stages are opened: processes that share cores do not spin.
  const { engine } = await chooseEngine('auto', { threads, spinning: false });
  const layer = Layer.create(engine, spec, randomKey(1), { from: 0, to: units });
  const steps = new StepCounter(spec.optimizer);
  const batch = { rows: 2 * pairs, images: overlay === 0 ? 2 * pairs : pairs };
  const templates = Array.from(inputShapes(spec, batch), ([name, shape]) => {
    return [name, Float32Array.from({ length: sizeOf(shape) }, () => Math.random() * Math.sqrt(3))] as const;
  });
  // Sums of the whole layer: as many numbers as the shards of a real one have together, about as large.
  const square = new Float32Array(batch.rows * blocksOf(of).length).fill(blockUnits(of) / 2);
  return {
    async step() {
      // The layer keeps what it is given, and a frame is in new memory each time.
      const input = Object.fromEntries(templates.map(([name, template]) => [name, template.slice()]));
      const start = performance.now();
      let halfway: number | undefined;
      const exchange = async (): Promise<{ square: Float32Array }> => {
        halfway = performance.now();
        return { square };
      };
      const { normalized } = await layer.forward(input, batch, { learn: true, normalized: true, exchange });
      const passed = performance.now();
      await layer.learn(steps.next(rate));
      normalized?.release();
      const exchanged = halfway ?? passed;
      return { forward: exchanged - start, finish: passed - exchanged, learn: performance.now() - passed };
    },
    close: () => engine.close(),
  };
}

async function timeFeeder(plan: Plan): Promise<number[]> {
  const times: number[] = [];
  let start = performance.now();
  for await (const frame of new FeederRole(plan, await loadDataset(plan.dataset), NOWHERE).transform()) {
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

/** Times putting frames of the first layer together from those of its two shards. */
async function timeAssembling(plan: Plan): Promise<StageTimes['assembling']> {
  const rows = trainingRows(plan);
  const consumer = stageOf('layer-2', plan);
  const producers = producersOf(consumer, plan);
  const inputs = producers.map(async function* ({ range }): AsyncGenerator<Frame> {
    const pieces = piecesOf(blocksOfRows(plan, 1, rows), plan.layers[0]?.units ?? 0, range);
    const frames = Array.from({ length: RECEIVED }, (): Rows => {
      const blocks = pieces.map(({ name, shape }): Block => {
        return { name, type: 'f32', shape, data: new Float32Array(shape[0] * shape[1]).fill(0.5) };
      });
      return { kind: 'rows', ...rows, epoch: 1, batch: 0, blocks };
    });
    for (let sent = 0; sent < 2 * END_FRAMES; sent++) yield frames[sent % RECEIVED] as Rows;
  });
  const times: number[] = [];
  let start = performance.now();
  for await (const frame of new Gather(plan, producers).frames(inputs)) {
    times.push(performance.now() - start);
    releaseRows(frame);
    start = performance.now();
  }
  const slices = frameTraffic(plan, rows).filter(({ to }) => to === consumer.stage);
  const bytes = slices.reduce((sum, slice) => sum + slice.bytes, 0);
  return { bytes, milliseconds: times.slice(END_FRAMES) };
}

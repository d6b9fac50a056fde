import { evaluatorReport, look as lookSchema } from '@layerline/api';
import type { EvaluatorReport, Look } from '@layerline/api';
import { decodeSafetensors } from '@layerline/checkpoint';
import { PIXELS } from '@layerline/datasets';
import { layerName, largestLookBytes, stageOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { findBlock } from '@layerline/protocol';
import type { Block, Frame, Rows } from '@layerline/protocol';
import t from 'tap';
import { EvaluatorRole, FeederRole, Layer, LayerRole, openBackend } from '../src/index.js';
import { keyFor } from '../src/randomness.js';
import { pictures } from './support/data.js';
import { collect, overTheWire, planOf, reportsOf, streamOf, train, trainOn } from './support/run.js';
import type { Trained } from './support/run.js';

const CLASSES = 10;

const DATA = pictures(80, 23);
const CONFIG = { layers: [70, 20, 130], batch: 16, epochs: 2, snapshotEvery: 3 };
const PLAN = planOf(CONFIG, DATA.train.count);
const LOOKS = [22, 0, 17].map((image, id) => ({ type: 'look', id, image }) as const);
const nowhere = async (): Promise<void> => undefined;

const floats = (text: string): Float32Array => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);

function numbersOf({ weightsSha256, reports }: Trained): unknown {
  const timeless = ({ trainSeconds: _, ...report }: { trainSeconds: number }): object => report;
  return [weightsSha256, reportsOf(reports, 'training').map(timeless), reportsOf(reports, 'observation').map(timeless)];
}

/** A fully connected layer by the book, in float64. @param row of mean square 1 */
function forward(row: readonly number[], weights: Float32Array, biases: Float32Array) {
  const raw = Array.from(biases, (bias, unit) => {
    const sum = row.reduce((total, x, input) => total + x * (weights[unit * row.length + input] as number), bias);
    return Math.max(0, sum);
  });
  const meanSquare = raw.reduce((total, a) => total + a * a, 0) / raw.length;
  return { goodness: meanSquare, normalized: raw.map((a) => a / Math.sqrt(meanSquare)) };
}

/** An image of the test set under a label, as the network takes it. */
function imageUnder(image: number, label: number): number[] {
  const pixels = Array.from(DATA.test.images.subarray(image * PIXELS, (image + 1) * PIXELS), (grey) => grey / 255);
  const row = pixels.map((grey, at) => (at < CLASSES ? Number(at === label) : grey));
  const meanSquare = row.reduce((sum, x) => sum + x * x, 0) / PIXELS;
  return row.map((x) => x / Math.sqrt(meanSquare));
}

const isClose = (found: number, exact: number): boolean =>
  Math.abs(found - exact) <= 1e-4 * Math.max(1, Math.abs(exact));

await t.test('looking changes no number, in one process and over the wire', async (t) => {
  const plain = await train(PLAN, DATA);
  for (const between of [undefined, overTheWire]) {
    const looked = await train(PLAN, DATA, between, LOOKS);
    t.same(numbersOf(looked), numbersOf(plain));
    t.same(
      reportsOf(looked.reports, 'looked'),
      LOOKS.map(({ id, image }) => ({ type: 'looked', look: id, image, step: 1 })),
    );
    t.same(
      looked.looks.map(({ id, image, label }) => [id, image, label]),
      LOOKS.map(({ id, image }) => [id, image, DATA.test.labels[image]]),
    );
    for (const look of looked.looks) {
      const { length } = JSON.stringify(look);
      t.ok(length <= largestLookBytes(PLAN) && length > largestLookBytes(PLAN) / 2, `${length} bytes`);
    }
  }
});

await t.test('a look shows what a plain forward pass with the weights of its step gives', async (t) => {
  const { snapshots } = await train(PLAN, DATA);
  for (const [step, parts] of snapshots) {
    const engine = await openBackend(PLAN.engine.backend, PLAN.engine);
    const { looks } = await trainOn(engine, PLAN, DATA, undefined, { step, parts }, LOOKS);
    t.equal(looks.length, LOOKS.length);
    const states = PLAN.layers.map((_, index) => {
      const tensors = decodeSafetensors(parts.get(layerName(index)) ?? new Uint8Array(), layerName(index));
      const numbers = (name: string) => tensors.find((tensor) => tensor.name === name)?.data as Float32Array;
      return { weights: numbers('weights'), biases: numbers('biases') };
    });
    for (const look of looks) {
      t.equal(look.step, step);
      const pixels = DATA.test.images.subarray(look.image * PIXELS, (look.image + 1) * PIXELS);
      t.equal(look.picture.pixels, Buffer.from(pixels).toString('base64'));
      for (let label = 0; label < CLASSES; label++) {
        let row = imageUnder(look.image, label);
        for (const [index, { weights, biases }] of states.entries()) {
          const { goodness, normalized } = forward(row, weights, biases);
          const found = look.layers[index];
          if (!isClose(found?.goodness[label] ?? NaN, goodness)) t.fail(`layer ${index + 1}: ${found?.goodness}`);
          row = normalized;
          if (label !== look.label) continue;
          const activations = floats(found?.activations ?? '');
          t.equal(activations.length, row.length);
          t.ok(
            activations.every((value, unit) => isClose(value, row[unit] as number)),
            `layer ${index + 1}`,
          );
        }
      }
      checkWeights(t, look, states[0]?.weights ?? new Float32Array());
    }
  }
  t.ok(snapshots.size > 0);
});

function checkWeights(
  t: { ok(holds: boolean, what: string): unknown },
  { weights: shown }: Look,
  weights: Float32Array,
): void {
  const own = weights.subarray(0, 64 * PIXELS);
  const scale = Math.max(...own.map(Math.abs));
  const pixels = Buffer.from(shown.pixels, 'base64');
  t.ok(shown.units === 64 && shown.scale === scale && pixels.length === own.length, 'weights of 64 units');
  const isNear = (pixel: number, at: number): boolean =>
    Math.abs(((pixel - 128) / 127) * scale - (own[at] as number)) <= scale / 127 / 2 + 1e-7;
  t.ok(pixels.every(isNear) && pixels.some((pixel) => pixel === 1 || pixel === 255), 'within half a step');
}

await t.test('a look is taken in a pause, and at the end of the last epoch', async (t) => {
  const feeder = new FeederRole(PLAN, DATA, { storeSnapshot: nowhere }, { step: 1 });
  feeder.handle({ type: 'pause' });
  const frames = feeder.transform();
  const next = async (): Promise<Frame> => (await frames.next()).value as Frame;
  const first = next();
  // The next life of a run asks again for what it is still waiting for.
  for (const look of [...LOOKS, ...LOOKS]) feeder.handle(look);
  t.match(await first, { purpose: 'look', look: { id: 0, image: 22 }, epoch: 1, batch: 1, neutral: 10 });
  t.match(await next(), { purpose: 'look', look: { id: 1 } });
  t.match(await next(), { purpose: 'look', look: { id: 2 } });
  feeder.handle({ type: 'resume' });
  t.match(await next(), { purpose: 'train', batch: 1 });

  const last = new FeederRole(PLAN, DATA, { storeSnapshot: nowhere }, { step: 9 });
  const sent: Frame[] = [];
  for await (const frame of last.transform()) {
    if (frame.kind === 'rows' && frame.purpose === 'train') last.handle(LOOKS[0] as (typeof LOOKS)[0]);
    sent.push(frame);
  }
  const kinds = sent.map((frame) => (frame.kind === 'rows' ? frame.purpose : frame.order.type));
  t.same(kinds.slice(0, 5), ['train', 'observe', 'look', 'epoch-end', 'evaluate']);
  t.match(sent[2], { epoch: 2, batch: 5 });
});

/** A look at image 4 after one batch, as the feeder sends it. */
async function lookRows(plan: Plan): Promise<{ readonly train: Rows; readonly look: Rows }> {
  const feeder = new FeederRole(plan, DATA, { storeSnapshot: nowhere });
  feeder.handle({ type: 'look', id: 9, image: 4 });
  const frames = feeder.transform();
  const [train, look] = [(await frames.next()).value, (await frames.next()).value] as [Rows, Rows];
  return { train, look };
}

await t.test("a node's own program passes the rows on as any others, and is null in the look", async (t) => {
  const plan = planOf({ ...CONFIG, observeEvery: 0, programs: { 'layer-2': 'reservoir' } }, DATA.train.count);
  const engine = await openBackend(plan.engine.backend, plan.engine);
  const services = { storeModel: nowhere, storeSnapshot: nowhere, exchange: async () => [] };
  const layer = (index: number): LayerRole => {
    const spec = plan.layers[index] as Plan['layers'][number];
    const created = Layer.create(engine, spec, keyFor(1, 'weights', index));
    return new LayerRole(plan, stageOf(layerName(index), plan), created, services);
  };
  const foreign = async function* (frames: AsyncIterable<Frame>): AsyncGenerator<Frame> {
    for await (const frame of frames) {
      if (frame.kind === 'barrier') throw new Error('there is none');
      const rows = frame.positive + frame.negative + frame.neutral;
      const data = Float32Array.from({ length: rows * 20 }, (_, at) => Math.abs(Math.sin(at)));
      const own: Block = { name: 'activations', type: 'f32', shape: [rows, 20], data };
      yield { ...frame, blocks: [...frame.blocks.filter(({ name }) => name !== 'activations'), own] };
    }
  };
  const { train, look } = await lookRows(plan);
  const rows = await collect(layer(2).transform(foreign(layer(0).transform(streamOf(train, look)))));
  t.same((rows[1] as Rows).blocks.map(({ name }) => name).sort(), [
    ...['goodness/layer-1', 'goodness/layer-3', 'labels', 'pictures', 'shown-weight-scale', 'shown-weights'],
    ...['shown/layer-1', 'shown/layer-3'],
  ]);
  const reports: EvaluatorReport[] = [];
  const looks: Look[] = [];
  const evaluator = new EvaluatorRole(plan, {
    report: (report) => void reports.push(evaluatorReport.parse(report)),
    storeSnapshot: nowhere,
    storeLook: async (id, bytes) => {
      t.equal(id, 9);
      looks.push(lookSchema.parse(JSON.parse(Buffer.from(bytes).toString())));
      throw new Error('the disk is full');
    },
  });
  await collect(evaluator.transform(streamOf(...rows)));
  await evaluator.close();
  const before = (rows as Rows[]).map((each) => ({
    ...each,
    blocks: each.blocks.filter(({ name }) => !/layer-3$|^shown-weights$/.test(name)),
  }));
  const next = layer(2).transform(foreign(streamOf(...before)));
  const message = 'layer-2 sent no shown-weights, where 64 × 784 u8 were due';
  await t.rejects(collect(next), { code: 'ERR_PROTOCOL', message }, 'unless it drops what others have made');
  await engine.close();
  t.match(looks, [{ id: 9, image: 4, step: 1, layers: [{}, null, {}] }]);
  const failure = 'the disk is full';
  t.same(reports.at(-1), { type: 'looked', look: 9, image: 4, step: 1, failure }, 'and training goes on');
});

await t.test('rows for a look that lack something are refused', async (t) => {
  const plan = planOf({ ...CONFIG, layers: [70] }, DATA.train.count);
  const engine = await openBackend(plan.engine.backend, plan.engine);
  const layer = Layer.create(engine, plan.layers[0] as Plan['layers'][number], keyFor(1, 'weights', 0));
  const { train, look } = await lookRows({ ...plan, observeEvery: 0 });
  const role = (): LayerRole =>
    new LayerRole({ ...plan, observeEvery: 0 }, stageOf('layer-1', plan), layer, {
      storeModel: nowhere,
      storeSnapshot: nowhere,
      exchange: async () => [],
    });
  const [trained, shown] = (await collect(role().transform(streamOf(train, look)))) as [Rows, Rows];
  t.equal(findBlock(shown, 'activations', 'f32'), undefined, 'the last layer passes no rows on');
  const without = (rows: Rows, name: string): Rows => ({
    ...rows,
    blocks: rows.blocks.filter((block) => block.name !== name),
  });
  const refused = { name: 'ProtocolError', code: 'ERR_PROTOCOL' };
  await t.rejects(collect(role().transform(streamOf(train, without(look, 'labels')))), refused, 'no label');
  for (const { name } of shown.blocks) {
    const services = { report: () => undefined, storeSnapshot: nowhere, storeLook: nowhere };
    const evaluator = new EvaluatorRole({ ...plan, observeEvery: 0 }, services);
    await t.rejects(collect(evaluator.transform(streamOf(trained, without(shown, name)))), refused, `no ${name}`);
  }
  await engine.close();
});

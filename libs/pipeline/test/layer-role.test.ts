import { isDeepStrictEqual } from 'node:util';
import { decodeSafetensors } from '@layerline/checkpoint';
import type { NamedTensor } from '@layerline/checkpoint';
import { PIXELS } from '@layerline/datasets';
import { layerName, stageOf } from '@layerline/plan';
import type { PartialRunConfig, Plan } from '@layerline/plan';
import { findBlock } from '@layerline/protocol';
import type { BarrierOrder, Block, Frame, Rows } from '@layerline/protocol';
import t from 'tap';
import { Layer, LayerRole, openBackend } from '../src/index.js';
import { keyFor } from '../src/randomness.js';
import { BLANK, pictures } from './support/data.js';
import { collect, planOf, streamOf, train } from './support/run.js';

const CLASSES = 10;

const PROTOCOL_ERROR = { name: 'ProtocolError', code: 'ERR_PROTOCOL' };
const PLAN = planOf({ layers: [130, 20], batch: 3, observeEvery: 0 }, 100);

const barrier = (order: BarrierOrder): Frame => ({ kind: 'barrier', order });

interface Opened {
  readonly role: LayerRole;
  readonly stored: Map<string, NamedTensor[]>;
}

/** @param step where the stream goes on */
async function openRole(index: number, plan: Plan = PLAN, step = 0): Promise<Opened> {
  const stored = new Map<string, NamedTensor[]>();
  const spec = plan.layers[index];
  if (spec === undefined) throw new RangeError(`no layer ${index}`);
  const layer = Layer.create(await openBackend('onnx/c-api', plan.engine), spec, keyFor(plan.seed, 'weights', index));
  const keep = (name: string, bytes: Uint8Array): unknown => stored.set(name, decodeSafetensors(bytes, name));
  const services = {
    storeModel: async (bytes: Uint8Array) => void keep(`layer-${index + 1}`, bytes),
    storeSnapshot: async (step: number, bytes: Uint8Array) => void keep(`snapshot ${step}`, bytes),
    exchange: async () => [],
  };
  return { role: new LayerRole(plan, stageOf(layerName(index), plan), layer, services, step), stored };
}

function matrixBlock(name: string, shape: readonly [number, number]): Block {
  const data = Float32Array.from({ length: shape[0] * shape[1] }, (_, at) => Math.sin(at * 1.3 + (at % 7)));
  return { name, type: 'f32', shape, data };
}

/** Three pairs as the feeder sends them: images that a positive and a negative row share, and each row's label. */
const OVERLAID = [matrixBlock('images', [3, PIXELS]), matrixBlock('overlay', [6, CLASSES])];

/** Three pairs for the first layer, whatever is not given otherwise. */
function trainRows(overrides: Partial<Rows> = {}): Rows {
  const counts = { positive: 3, negative: 3, neutral: 0 };
  return { kind: 'rows', purpose: 'train', epoch: 1, batch: 0, ...counts, blocks: OVERLAID, ...overrides };
}

/** An image under every label, as in an evaluation. */
function scoreRows(epoch: number, batch = 0): Rows {
  const counts = { positive: 0, negative: 0, neutral: CLASSES };
  const labels: Block = { name: 'labels', type: 'u8', shape: [1, 1], data: Uint8Array.of(7) };
  const blocks = [matrixBlock('images', [1, PIXELS]), matrixBlock('overlay', [CLASSES, CLASSES]), labels, BLANK];
  return { kind: 'rows', purpose: 'score', epoch, batch, ...counts, blocks };
}

const namesOf = (rows: Rows): string[] => rows.blocks.map(({ name }) => name).sort();

await t.test('a layer adds its goodness, and sends its rows normalized, but for the last one', async (t) => {
  const first = await openRole(0);
  const [passed] = (await collect(first.role.transform(streamOf(trainRows())))) as [Rows];
  t.same(namesOf(passed), ['activations', 'goodness/layer-1']);
  const { blocks: _, release, ...header } = passed;
  const { blocks: _given, ...given } = trainRows();
  t.type(release, 'function');
  t.same(header, given, 'with the header as it was');
  const activations = findBlock(passed, 'activations', 'f32');
  t.same(activations?.shape, [6, 130]);
  for (let row = 0; row < 6; row++) {
    const numbers = activations?.data.subarray(row * 130, (row + 1) * 130) ?? new Float32Array();
    const meanSquare = numbers.reduce((sum, x) => sum + x * x, 0) / 130;
    t.ok(Math.abs(meanSquare - 1) < 1e-4, `row ${row} has mean square ${meanSquare}`);
    t.ok(
      numbers.every((x) => x >= 0),
      'and went through a ReLU',
    );
  }
  const last = await openRole(1);
  const [result] = (await collect(last.role.transform(streamOf(passed)))) as [Rows];
  t.same(namesOf(result), ['goodness/layer-1', 'goodness/layer-2']);
  t.same(findBlock(result, 'goodness/layer-1', 'f32'), findBlock(passed, 'goodness/layer-1', 'f32'));
  await Promise.all([first.role.close(), last.role.close()]);
});

await t.test('the memory of rows is released when they are learned from, and used again when it is', async (t) => {
  const { role } = await openRole(0);
  const dataOf = (frame: Rows): Float32Array | undefined => findBlock(frame, 'activations', 'f32')?.data;
  let released = 0;
  const given = [0, 1, 2, 3].map((batch) => trainRows({ batch, release: () => released++ }));
  const passed: Rows[] = [];
  for await (const frame of role.transform(streamOf(...given))) {
    t.equal(released, passed.length, 'a layer still reads what it has just passed on');
    passed.push(frame as Rows);
    if (passed.length === 2) passed[0]?.release?.();
  }
  t.equal(released, 4);
  const [first, second, third, fourth] = passed.map(dataOf);
  t.not(first?.buffer, second?.buffer, 'rows that are under way are left alone');
  t.equal(third?.buffer, first?.buffer, 'those that were released are written again');
  t.not(fourth?.buffer, second?.buffer);
  t.not(fourth?.buffer, third?.buffer);
  await role.close();
});

await t.test('it learns from training rows, after they have left, and from no others', async (t) => {
  // One batch an epoch.
  const { role, stored } = await openRole(0, planOf({ layers: [130, 20], batch: 3, epochs: 2, observeEvery: 0 }, 3), 1);
  const evaluation = (epoch: number): Frame[] => [
    barrier({ type: 'epoch-end', epoch, batches: 1 }),
    barrier({ type: 'evaluate', epoch }),
    scoreRows(epoch),
    barrier({ type: 'evaluated', epoch }),
  ];
  const goodness: number[][] = [];
  const weights: number[][] = [];
  const frames = [...evaluation(1), trainRows({ epoch: 2 }), ...evaluation(2), barrier({ type: 'store-model' })];
  for await (const frame of role.transform(streamOf(...frames))) {
    weights.push([...((await role.layer.parameters())[0]?.data ?? [])]);
    if (frame.kind === 'rows') goodness.push([...(findBlock(frame, 'goodness/layer-1', 'f32')?.data ?? [])]);
  }
  const isSame = (one: number, other: number): boolean => isDeepStrictEqual(weights.at(one), weights.at(other));
  t.ok(isSame(4, 0), 'scoring changes nothing, and training rows leave before they are learned from');
  t.notOk(isSame(5, 4), 'training does');
  t.ok(isSame(-1, 5));
  t.equal(goodness.length, 3);
  t.notSame(goodness[2], goodness[0], 'and what comes next is from after it');
  t.same(
    stored.get('layer-1')?.map(({ name, shape }) => [name, shape]),
    [
      ['weights', [130, PIXELS]],
      ['biases', [1, 130]],
    ],
  );
  await role.close();
});

await t.test('a copy for a snapshot is made when the one before is stored, and rows do not wait for it', async (t) => {
  const { role } = await openRole(0, PLAN, 1);
  const state = role.layer.state.bind(role.layer);
  const [made, stored]: [number[], number[]] = [[], []];
  role.layer.state = async () => {
    t.equal(made.length, stored.length, 'no copy is on its way');
    return state();
  };
  let release = (): void => undefined;
  const services: { storeSnapshot: LayerRole['services']['storeSnapshot'] } = role.services;
  services.storeSnapshot = async (step) => {
    made.push(step);
    await new Promise<void>((resolve) => (release = resolve));
    stored.push(step);
  };
  const snapshot = (step: number): Frame => barrier({ type: 'snapshot', step });
  const frames = [snapshot(1), trainRows({ batch: 1 }), snapshot(2), trainRows({ batch: 2 })];
  const stream = role.transform(streamOf(...frames));
  await stream.next();
  await stream.next();
  t.same([made, stored], [[1], []], 'rows went by while the copy was on its way');
  const second = stream.next();
  setImmediate(() => release());
  await second;
  t.same([made, stored], [[1, 2], [1]]);
  await stream.next();
  release();
  await role.close();
  t.same(stored, [1, 2]);
});

await t.test('malformed frames are refused', async (t) => {
  const [images, overlay] = OVERLAID as [Block, Block];
  const activations = (shape: [number, number]): Rows => trainRows({ blocks: [matrixBlock('activations', shape)] });
  const bytes = new Uint8Array(6 * 130);
  const wrong: readonly Record<string, Rows>[] = [
    {
      'no images': trainRows({ blocks: [overlay] }),
      'no overlay': trainRows({ blocks: [images] }),
      'whole rows': activations([6, PIXELS]),
      'images that the rows are no copies of': trainRows({ blocks: [matrixBlock('images', [4, PIXELS]), overlay] }),
      'more images than rows': trainRows({ blocks: [matrixBlock('images', [12, PIXELS]), overlay] }),
      'no images at all': trainRows({ blocks: [matrixBlock('images', [0, PIXELS]), overlay] }),
      'too few columns': trainRows({ blocks: [matrixBlock('images', [3, PIXELS - 1]), overlay] }),
      'too few overlays': trainRows({ blocks: [images, matrixBlock('overlay', [5, CLASSES])] }),
    },
    {
      'no activations': trainRows({ blocks: [] }),
      images: trainRows(),
      'activations of bytes': trainRows({
        blocks: [{ name: 'activations', type: 'u8', shape: [6, 130], data: bytes }],
      }),
      'too few rows': activations([5, 130]),
      'too few columns': activations([6, 129]),
      'rows as columns': activations([130, 6]),
    },
  ];
  for (const [index, frames] of wrong.entries()) {
    const { role } = await openRole(index);
    const message = new RegExp(`^${index === 0 ? 'feeder' : 'layer-1'} sent `);
    for (const [batch, [name, rows]] of Object.entries(frames).entries()) {
      await t.rejects(collect(role.transform(streamOf({ ...rows, batch }))), { ...PROTOCOL_ERROR, message }, name);
    }
    await role.close();
  }
});

await t.test('training that diverges stops and says where', async (t) => {
  const data = pictures(40, 20);
  const diverged = async (plan: Plan): Promise<string> => {
    const error: unknown = await train(plan, data).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    t.match(error, { name: 'DivergedError', code: 'ERR_DIVERGED', message: /--learning-rate/ });
    return (error as Error).message;
  };
  const wild: PartialRunConfig = { optimizer: 'sgd', learningRate: 1e38, layers: [16, 16], batch: 20, observeEvery: 0 };
  t.match(await diverged(planOf(wild, 40)), /in layer-1 at epoch 1, batch 2:/, 'in the batch after');
  const observed = planOf({ ...wild, alpha: 1e4, observeEvery: 1 }, 40);
  t.match(await diverged(observed), /in layer-1 at epoch 1, batch 1:/, 'an observation shows it at once');
  const once = await openRole(0, planOf({ ...wild, batch: 3, epochs: 3, observeEvery: 0 }, 24), 23);
  const end = barrier({ type: 'epoch-end', epoch: 3, batches: 8 });
  const evaluation = [end, barrier({ type: 'evaluate', epoch: 3 }), scoreRows(3)];
  await t.rejects(
    collect(once.role.transform(streamOf(trainRows({ epoch: 3, batch: 7 }), ...evaluation))),
    { code: 'ERR_DIVERGED', message: /in layer-1 at epoch 3, batch 8:/ },
    'an evaluation shows what the batch before it has done',
  );
  await once.role.close();
  const second = planOf({ ...wild, learningRate: 1 }, 40);
  const [first, last] = second.layers;
  if (first === undefined || last === undefined) throw new Error('The plan lacks its layers');
  const layers = [
    { ...first, objective: { ...first.objective, alpha: 1e-20 } },
    { ...last, objective: { ...last.objective, alpha: 1e38 } },
  ];
  t.match(await diverged({ ...second, layers }), /in layer-2 at epoch 1, batch 2:/, 'in the layer that does');
});

await t.test('numbers that are none are blamed on whoever sent them', async (t) => {
  for (const number of [NaN, Infinity, -Infinity]) {
    for (const [index, producer, name] of [
      [0, 'feeder', 'images'],
      [0, 'feeder', 'overlay'],
      [1, 'layer-1', 'activations'],
    ] as const) {
      const { role } = await openRole(index);
      const passed = [matrixBlock(name, [6, 130]), matrixBlock('goodness/layer-1', [6, 1])];
      const blocks = index === 0 ? OVERLAID.map((block) => structuredClone(block)) : passed;
      const data = blocks.find((block) => block.name === name)?.data;
      if (data !== undefined) data[data.length - 1] = number;
      await t.rejects(collect(role.transform(streamOf(trainRows({ blocks })))), {
        name: 'NotFiniteError',
        code: 'ERR_NOT_FINITE',
        producer,
        message: `${producer} sent ${name} that are not finite numbers, in batch 1 of epoch 1`,
      });
      await role.close();
    }
  }
});

await t.test('what others have made is blamed on the neighbour that dropped, spoiled or made it up', async (t) => {
  const plan = planOf({ layers: [130, 20, 10], batch: 3 }, 100);
  const input = matrixBlock('activations', [6, 20]);
  const [first, second] = [matrixBlock('goodness/layer-1', [6, 1]), matrixBlock('goodness/layer-2', [6, 1])];
  const spoiled = { ...first, data: Float32Array.of(0, 0, NaN, 0, 0, 0) } as Block;
  const label: Block = { name: 'label', type: 'u8', shape: [1, 1], data: Uint8Array.of(7) };
  const wrong: Record<string, readonly [blocks: Block[], code: string, message: string]> = {
    dropped: [[input, second], 'ERR_PROTOCOL', 'sent no goodness/layer-1, where 6 × 1 f32 were due'],
    short: [[input, first, matrixBlock('goodness/layer-2', [5, 1])], 'ERR_PROTOCOL', 'sent 5 × 1 f32 goodness/layer-2'],
    spoiled: [[input, spoiled, second], 'ERR_NOT_FINITE', 'sent goodness/layer-1 that are not finite numbers'],
    'made up': [
      [input, first, second, matrixBlock('goodness/layer-3', [6, 1])],
      'ERR_PROTOCOL',
      'a block goodness/layer-3',
    ],
    unknown: [[input, first, second, label], 'ERR_PROTOCOL', 'sent a block label, which the plan does not have'],
  };
  for (const [name, [blocks, code, message]] of Object.entries(wrong)) {
    const { role } = await openRole(2, plan);
    const passed = collect(role.transform(streamOf(trainRows({ blocks }))));
    await t.rejects(passed, { code, message: new RegExp(`^layer-2 .*${message}`) }, name);
    await role.close();
  }
  const observed = planOf({ layers: [130, 20, 10], batch: 3, observeEvery: 1 }, 100);
  for (const [blocks, message] of [
    [[], /^layer-2 sent no observed-rows\/layer-1, where 2 × \d+ f64 were due$/],
    [[matrixBlock('observed-rows/layer-1', [2, 3])], /^layer-2 sent 2 × 3 f32 observed-rows\/layer-1, where /],
  ] as const) {
    const { role } = await openRole(2, observed);
    const sent: Frame = { ...barrier({ type: 'observe', step: 1 }), blocks };
    const passed = collect(role.transform(streamOf(trainRows({ blocks: [input, first, second] }), sent)));
    await t.rejects(passed, { code: 'ERR_PROTOCOL', message });
    await role.close();
  }
  const { role } = await openRole(0, PLAN, 33);
  const evaluation = [barrier({ type: 'epoch-end', epoch: 1, batches: 33 }), barrier({ type: 'evaluate', epoch: 1 })];
  const { blocks, ...header } = scoreRows(1);
  const unlabelled = { ...header, blocks: blocks.filter(({ name }) => name !== 'labels') };
  await t.rejects(collect(role.transform(streamOf(...evaluation, unlabelled))), {
    ...PROTOCOL_ERROR,
    message: /^feeder sent no labels, where 1 × 1 u8 were due$/,
  });
  await role.close();
});

await t.test('a frame that is missing is noticed before anything is learned from the next', async (t) => {
  const { role } = await openRole(1);
  await t.rejects(collect(role.transform(streamOf(trainRows({ batch: 1 })))), {
    code: 'ERR_UNEXPECTED_FRAME',
    producer: 'layer-1',
  });
  await role.close();
});

await t.test('what a layer has learned is given out as a copy', async (t) => {
  const { role } = await openRole(0);
  const [before] = await role.layer.parameters();
  const kept = before?.data.slice();
  await collect(role.transform(streamOf(trainRows())));
  const [after] = await role.layer.parameters();
  t.ok(kept?.every((weight, at) => weight === before?.data[at]) === true, 'which stays as it is');
  t.ok(kept?.some((weight, at) => weight !== after?.data[at]) === true, 'while the layer learns');
  await role.close();
});

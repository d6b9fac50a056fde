import { stagesOf } from '@layerline/plan';
import t from 'tap';
import { parseNetwork } from '../src/network.js';
import type { Network } from '../src/network.js';
import type { LinkModel, PipelineModel, StageModel } from '../src/simulation/model.js';
import { pipelineModel } from '../src/simulation/placement.js';
import { simulate } from '../src/simulation/simulate.js';
import { SERVICE_TIMES, timesFor } from './service-times.js';

type Test = { ok(passed: boolean, message: string): unknown };

const IMAGES = 100;
const WIRE = { roundTrip: 0, bandwidth: Infinity, frameBytes: 1000, sending: 0, receiving: 0 };

interface Pair {
  readonly shards: readonly [Partial<StageModel>, Partial<StageModel>];
  readonly exchange?: Partial<LinkModel>;
  readonly link?: Partial<LinkModel>;
  /** Of the node that both shards are on; else each has one of its own. */
  readonly shared?: boolean;
}

/** Two shards of a layer between a feeder and an evaluator, which take next to nothing and have nodes of their own. */
function pair({ shards, exchange, link, shared = false }: Pair): PipelineModel {
  const stage = (name: string, node: number, more: Partial<StageModel>): StageModel => {
    return { name, node, threads: 1, assembling: 0, forward: 0, finish: 0, learn: 0, ...more };
  };
  const between = (from: number, to: number, more: Partial<LinkModel> = {}): LinkModel => ({
    ...WIRE,
    ...more,
    from,
    to,
  });
  return {
    nodes: [0, 1, 2, 3].map(() => ({ cores: 1, slowdown: 1 })),
    stages: [
      stage('feeder', 0, { forward: 0.001 }),
      stage('layer-1/1', 1, shards[0]),
      stage('layer-1/2', shared ? 1 : 2, shards[1]),
      stage('evaluator', 3, { forward: 0.001 }),
    ],
    links: [between(0, 1, link), between(0, 2, link), between(1, 3, link), between(2, 3, link)],
    exchanges: [between(1, 2, exchange), between(2, 1, exchange)],
    imagesPerFrame: IMAGES,
    seed: 1,
  };
}

/** Milliseconds between two frames at the end. */
function period(model: PipelineModel): number {
  return (1000 * IMAGES) / simulate(model).imagesPerSecond;
}

/** Within a thousandth, as the feeder and the evaluator take some time as well. */
function near(t: Test, found: number | undefined, due: number, message: string): void {
  t.ok(Math.abs((found ?? NaN) - due) <= 1e-3 * Math.max(due, 1), `${message}: ${found} where ${due} is due`);
}

/** A pipeline of a network, with all of its stages on one node. */
function here(network: Network, cores = 1): PipelineModel {
  const placement = {
    nodes: [{ cores, slowdown: 1 }],
    stages: stagesOf(network).map(() => 0),
    between: { bandwidth: Infinity, roundTrip: 0 },
  };
  return pipelineModel(network, timesFor(network), { placement, durations: 'drawn' });
}

t.test('shards wait for the sums of each other in the middle of a forward pass', (t) => {
  const shard = { forward: 10, finish: 2, learn: 28 };
  near(t, period(pair({ shards: [shard, shard] })), 40, 'period where sums are there at once');
  const exchange = { roundTrip: 6, bandwidth: 8e6, sending: 1, receiving: 1 };
  const model = pair({ shards: [shard, shard], exchange });
  // Sums of 1000 bytes are sent for 1 ms, carried for 1, under way for 3, and received for 1; nothing else goes on then.
  near(t, period(model), 10 + 6 + 2 + 28, 'period');
  const { stages, bottleneck, fill } = simulate(model);
  near(t, stages[1]?.waitingForPeers, 6 / 46, 'share of waiting for the sums');
  near(t, fill, 10 + 6 + 2, 'the first frame');
  t.same(bottleneck, { kind: 'exchange', name: 'layer-1/1' });
  t.end();
});

t.test('a shard waits for a slower one, and both go on together', (t) => {
  const model = pair({
    shards: [
      { forward: 10, learn: 30 },
      { forward: 20, learn: 30 },
    ],
  });
  const { stages, bottleneck } = simulate(model);
  near(t, period(model), 50, 'period');
  near(t, stages[1]?.waitingForPeers, 10 / 50, 'share of waiting of the faster one');
  near(t, stages[2]?.waitingForPeers, 0, 'share of waiting of the slower one');
  t.same(bottleneck, { kind: 'stage', name: 'layer-1/2' });
  t.end();
});

t.test('shards on one core share it, and one computes while the sums of the other are under way', (t) => {
  const shard = { forward: 10, finish: 2, learn: 28 };
  const model = pair({ shards: [shard, shard], exchange: { roundTrip: 6 }, shared: true });
  // Both wait at the same time for the 3 ms of the sums, with nothing else to do.
  near(t, period(model), 83, 'period');
  t.end();
});

t.test('each shard gets all frames, and frames are put together where several shards send them', (t) => {
  const shard = { forward: 10, learn: 30, assembling: 7 };
  const model = pair({ shards: [shard, shard], link: { sending: 0, receiving: 3 } });
  // A shard takes 40 ms and receives for 3; it has one input, and assembles nothing.
  near(t, period(model), 43, 'period');
  const slow = model.stages.map((stage) => (stage.name === 'evaluator' ? { ...stage, assembling: 60 } : stage));
  near(t, period({ ...model, stages: slow }), 66, 'period where two slices are received for 3 ms each, and assembled');
  t.end();
});

t.test('no frame is lost or made up', (t) => {
  const model = here({ ...parseNetwork('784-300x3'), shards: [2, 3, 1] }, 2);
  const { links, exchanges } = model;
  t.same([model.stages.length, links.length, exchanges.length], [8, 2 + 6 + 3 + 1, 2 + 6]);
  const options = { warmUpSeconds: 1, frames: 100 };
  const result = simulate(model, options);
  const passed = result.stages;
  const framesOf = (index: number): number => passed[index]?.frames ?? NaN;
  for (const { from, to } of links) {
    const ahead = framesOf(from) - framesOf(to);
    // Those that wait for credit, lie in the window, or are being worked on.
    t.ok(ahead >= 0 && ahead <= 2 + 32, `${passed[from]?.name} is ${ahead} frames ahead of ${passed[to]?.name}`);
  }
  for (const { from, to } of exchanges) t.ok(Math.abs(framesOf(from) - framesOf(to)) <= 1, 'shards go together');
  t.same(simulate(model, options), result, 'the same again');
  t.end();
});

t.test('a network of one shard a layer is that network, simulated as it was before there were shards', (t) => {
  const network = parseNetwork('784-300x3');
  t.same(here({ ...network, shards: [1, 1, 1] }), here(network));
  const stage = (name: string, node: number, more: Partial<StageModel>): StageModel => {
    return { name, node, threads: 1, assembling: 9, forward: 0, finish: 9, learn: 0, ...more };
  };
  const { imagesPerSecond, fill } = simulate({
    nodes: [
      { cores: 1, slowdown: 1 },
      { cores: 2, slowdown: 1.3 },
    ],
    stages: [
      stage('feeder', 0, { forward: 0.5 }),
      stage('layer-1', 0, { forward: [10, 12, 19], learn: [5, 20] }),
      stage('layer-2', 1, { forward: [9, 11, 40], learn: 14 }),
      stage('evaluator', 1, { forward: 0.01 }),
    ],
    links: [1, 2, 3].map((to) => {
      const between = to === 2 ? { roundTrip: 5, bandwidth: 1e9 } : { roundTrip: 0.1, bandwidth: Infinity };
      return { from: to - 1, to, ...between, frameBytes: 1_600_000, sending: 1.1, receiving: 2.3 };
    }),
    exchanges: [],
    imagesPerFrame: 100,
    seed: 7,
  });
  // The results of commit 77c97cd.
  t.same([imagesPerSecond, fill], [2765.2249651385764, 63.882999999999996]);
  t.end();
});

t.test('a model of shards has what frames and sums cost each end', (t) => {
  const { stages, links, exchanges } = here({ ...parseNetwork('784-2000x2'), shards: [2, 4] });
  t.same(
    stages.map(({ name }) => name),
    ['feeder', 'layer-1/1', 'layer-1/2', 'layer-2/1', 'layer-2/2', 'layer-2/3', 'layer-2/4', 'evaluator'],
  );
  const { encoding = 0 } = SERVICE_TIMES.transport[0] ?? {};
  const [first, second] = links;
  t.equal(second?.frameBytes, first?.frameBytes);
  t.ok(Math.abs((first?.sending ?? 0) - (second?.sending ?? 0) - encoding) < 1e-9, 'a frame is encoded once');
  t.equal(second?.receiving, first?.receiving);
  const slices = links.filter(({ to }) => stages[to]?.name === 'layer-2/3');
  // 200 rows of 1000 units each; the first shard sends goodness too.
  t.same(
    slices.map(({ frameBytes }) => frameBytes),
    [200 * 1001 * 4 + 300, 200 * 1000 * 4 + 300],
  );
  t.same(
    stages.map(({ assembling }) => assembling > 0),
    [false, false, false, true, true, true, true, true],
  );
  t.ok(Math.abs((stages[3]?.assembling ?? 0) - SERVICE_TIMES.assembling * 200 * 2001 * 4) < 1e-9);
  // 20 blocks of units: 10 to the other shard of layer 1, 5 to each of three of layer 2.
  t.same(
    exchanges.map(({ frameBytes }) => frameBytes),
    [...Array.from({ length: 2 }, () => 200 * 10 * 4 + 300), ...Array.from({ length: 12 }, () => 200 * 5 * 4 + 300)],
  );
  t.end();
});

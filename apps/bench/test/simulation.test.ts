import t from 'tap';
import type { LinkModel, PipelineModel, StageModel } from '../src/simulation/model.js';
import { simulate } from '../src/simulation/simulate.js';

const LOCAL: Omit<LinkModel, 'from' | 'to'> = {
  roundTrip: 0,
  bandwidth: Infinity,
  frameBytes: 1_600_000,
  sending: 0,
  receiving: 0,
};
const IMAGES = 100;

type Test = { ok(passed: boolean, message: string): unknown };

interface Shape {
  /** Of each layer, in milliseconds. */
  readonly layers: readonly Partial<StageModel>[];
  readonly link?: Partial<LinkModel>;
  readonly nodes?: PipelineModel['nodes'];
  readonly seed?: number;
}

/** Layers between a feeder and an evaluator that take next to nothing. Unless nodes are given, each stage has its own. */
function pipeline({ layers, link, nodes, seed = 1 }: Shape): PipelineModel {
  const stage = (name: string, node: number, more: Partial<StageModel> = {}): StageModel => {
    return {
      name,
      node: nodes === undefined ? node : 0,
      threads: 1,
      assembling: 0,
      forward: 0,
      finish: 0,
      learn: 0,
      ...more,
    };
  };
  const stages = [
    stage('feeder', 0, { forward: 0.001 }),
    ...layers.map((layer, index) => stage(`layer-${index + 1}`, index + 1, layer)),
    stage('evaluator', layers.length + 1, { forward: 0.001 }),
  ];
  return {
    nodes: nodes ?? stages.map(() => ({ cores: 1, slowdown: 1 })),
    stages,
    links: stages.slice(1).map((_, index) => ({ from: index, to: index + 1, ...LOCAL, ...link })),
    exchanges: [],
    imagesPerFrame: IMAGES,
    seed,
  };
}

/** Milliseconds between two frames at the end. */
function period(model: PipelineModel, options: Parameters<typeof simulate>[1] = {}): number {
  return (1000 * IMAGES) / simulate(model, options).imagesPerSecond;
}

/** Within a share of what is due: by default a thousandth, as the feeder and the evaluator take some time as well. */
function near(t: Test, found: number | undefined, due: number, message: string, tolerance = 1e-3): void {
  const error = Math.abs((found ?? NaN) - due);
  t.ok(error <= tolerance * Math.max(Math.abs(due), 1), `${message}: ${found} where ${due} is due`);
}

t.test('one layer takes a frame in the time of its forward pass and its learning', (t) => {
  const { imagesPerSecond, bottleneck, stages } = simulate(pipeline({ layers: [{ forward: 10, learn: 30 }] }));
  near(t, imagesPerSecond, 2500, 'images a second');
  t.same(bottleneck, { kind: 'stage', name: 'layer-1' });
  near(t, stages[1]?.busy, 1, 'busy');
  t.end();
});

t.test('equal layers on nodes of their own are as fast as one, and only fill more slowly', (t) => {
  const layers = Array.from({ length: 8 }, () => ({ forward: 10, learn: 30 }));
  const { imagesPerSecond, fill } = simulate(pipeline({ layers, link: { roundTrip: 6 } }));
  near(t, imagesPerSecond, 2500, 'images a second');
  // The first credit takes 3 ms to come. Then a frame passes 9 links and 8 layers, which learn when it has left.
  near(t, fill, 3 + 9 * 3 + 8 * 10, 'the first frame');
  t.end();
});

t.test('stages wait for credit before a slow one, and for input behind it', (t) => {
  const quick = { forward: 10, learn: 30 };
  const { imagesPerSecond, bottleneck, stages } = simulate(
    pipeline({ layers: [quick, { forward: 10, learn: 70 }, quick] }),
  );
  near(t, imagesPerSecond, 1250, 'images a second');
  t.same(bottleneck, { kind: 'stage', name: 'layer-2' });
  const [, before, slow, behind] = stages;
  near(t, before?.busy, 0.5, 'layer 1 busy');
  near(t, before?.waitingForCredit, 0.5, 'layer 1 waiting for credit');
  near(t, slow?.busy, 1, 'layer 2 busy');
  near(t, behind?.busy, 0.5, 'layer 3 busy');
  near(t, behind?.waitingForInput, 0.5, 'layer 3 waiting for input');
  t.end();
});

t.test('a slow link takes a frame in the time of its bits', (t) => {
  const model = pipeline({
    layers: [
      { forward: 1, learn: 1 },
      { forward: 1, learn: 1 },
    ],
  });
  const links = model.links.map((link, index) => (index === 1 ? { ...link, bandwidth: 1e9, roundTrip: 1 } : link));
  const { imagesPerSecond, bottleneck } = simulate({ ...model, links });
  near(t, imagesPerSecond, IMAGES / (12_800_000 / 1e9), 'images a second');
  t.same(bottleneck, { kind: 'bandwidth', name: 'layer-1 → layer-2' });
  t.end();
});

t.test('a long link takes a window of frames in each round trip', (t) => {
  const model = pipeline({
    layers: [
      { forward: 1, learn: 0 },
      { forward: 1, learn: 0 },
    ],
  });
  const distant = (roundTrip: number): PipelineModel => {
    return { ...model, links: model.links.map((link, index) => (index === 1 ? { ...link, roundTrip } : link)) };
  };
  // Nothing has been measured in the first second: the window has 3 frames, and each seventh round trip is 21 later.
  near(t, period(distant(100), { warmUpSeconds: 0, frames: 21 }), 100 / 3, 'milliseconds between frames at first');
  const { imagesPerSecond, bottleneck, stages } = simulate(distant(400), { frames: 20 * 32 });
  near(t, imagesPerSecond, IMAGES * (32 / 0.4), 'images a second with the largest window');
  t.same(bottleneck, { kind: 'credit', name: 'layer-1 → layer-2' });
  near(t, stages[1]?.waitingForCredit, 1 - 80 / 1000, 'layer 1 waiting for credit');
  near(t, stages[2]?.waitingForInput, 1 - 80 / 1000, 'layer 2 waiting for input');
  t.end();
});

t.test('the window grows until a distance does not matter, where it can', (t) => {
  // 20 ms of round trip take half a frame of 40 ms: 3 frames and more are under way.
  near(t, period(pipeline({ layers: [{ forward: 10, learn: 30 }], link: { roundTrip: 20 } })), 40, 'period');
  // 400 ms take 10 frames, more than the first window and less than the largest.
  const far = pipeline({ layers: [{ forward: 10, learn: 30 }], link: { roundTrip: 400 } });
  near(t, period(far), 40, 'period once the window has grown');
  t.ok(period(far, { warmUpSeconds: 0, frames: 10 }) > 80, 'slower at first');
  t.end();
});

t.test('two layers on one core are half as fast, and on two cores as fast as the cores let each other be', (t) => {
  const layers = [
    { forward: 10, learn: 30 },
    { forward: 10, learn: 30 },
  ];
  const on = (cores: number, slowdown: number): PipelineModel => pipeline({ layers, nodes: [{ cores, slowdown }] });
  const { imagesPerSecond, bottleneck } = simulate(on(1, 1));
  near(t, imagesPerSecond, 1250, 'images a second on one core');
  t.same(bottleneck, { kind: 'cores', name: 'node-1' });
  near(t, period(on(2, 1)), 40, 'period on two cores');
  near(t, period(on(2, 1.5)), 60, 'period on two cores that share memory');
  t.end();
});

t.test('sending and receiving take the core of a node that has one, and not of one that has two', (t) => {
  const on = (cores: number): PipelineModel => {
    const model = pipeline({ layers: [{ forward: 10, learn: 30 }], link: { sending: 2, receiving: 3 } });
    return { ...model, nodes: model.nodes.map(() => ({ cores, slowdown: 1 })) };
  };
  near(t, period(on(1)), 45, 'period on one core');
  near(t, period(on(2)), 40, 'period on two cores');
  t.end();
});

t.test('durations are drawn from those that are given, the same for the same seed', (t) => {
  const layers = [
    { forward: [10, 20, 60], learn: [0, 20] },
    { forward: [10, 20, 60], learn: [0, 20] },
  ];
  const first = simulate(pipeline({ layers, seed: 1 }));
  t.same(simulate(pipeline({ layers, seed: 1 })), first);
  t.not(simulate(pipeline({ layers, seed: 2 })).imagesPerSecond, first.imagesPerSecond);
  near(t, period(pipeline({ layers: layers.slice(0, 1) }), { frames: 5000 }), 40, 'one layer takes the mean', 0.02);
  // Each waits at times for the other, which is slow at other times.
  t.ok(first.imagesPerSecond < 2450, `${first.imagesPerSecond} images a second`);
  t.end();
});

t.test('a model whose parts do not fit together is refused', (t) => {
  const model = pipeline({ layers: [{ forward: 10, learn: 30 }] });
  const refused = (change: Partial<PipelineModel>, message: RegExp): void => {
    t.throws(() => simulate({ ...model, ...change }), { code: 'ERR_BENCH_MODEL', message });
  };
  const withLayer = (layer: Partial<StageModel>): Partial<PipelineModel> => {
    return { stages: model.stages.map((stage, index) => (index === 1 ? { ...stage, ...layer } : stage)) };
  };
  refused({ links: [] }, /No link leads from feeder/);
  refused({ links: model.links.slice(0, 1) }, /No link leads from layer-1/);
  refused({ links: model.links.slice(1) }, /No link leads from feeder/);
  refused({ links: [...model.links, { ...LOCAL, from: 2, to: 1 }] }, /does not lead to a later stage/);
  refused({ exchanges: [{ ...LOCAL, from: 1, to: 2 }] }, /Sums go one way only/);
  refused({ stages: model.stages.slice(0, 1), links: [] }, /two stages or more/);
  refused({ nodes: [] }, /feeder is on node 0/);
  refused(withLayer({ threads: 0 }), /layer-1 has 0 threads/);
  refused(withLayer({ learn: [] }), /layer-1 has no durations/);
  refused(withLayer({ forward: [1, -1] }), /layer-1 has a duration that is not 0 or more/);
  refused({ stages: model.stages.map((stage) => ({ ...stage, forward: 0, learn: 0 })) }, /Nothing in the model/);
  refused({ nodes: model.nodes.map((node) => ({ ...node, cores: 0 })) }, /less than one core/);
  refused({ nodes: model.nodes.map((node) => ({ ...node, slowdown: 0.5 })) }, /faster when it is busy/);
  refused({ links: model.links.map((link) => ({ ...link, bandwidth: 0 })) }, /no bandwidth/);
  refused({ links: model.links.map((link) => ({ ...link, receiving: -1 })) }, /less than no time/);
  t.end();
});

import { threadsPerLayer } from '@layerline/plan';
import t from 'tap';
import { parseNetwork } from '../src/network.js';
import { calibrate, layerTimes, stepTime, transportCost } from '../src/simulation/calibration.js';
import { pipelineModel, shapesOf } from '../src/simulation/placement.js';
import { layerPerNode, predict, simulateHere, validate } from '../src/simulation/scenarios.js';
import type { StageTimes } from '../src/simulation/stage-times.js';
import type { Transport } from '../src/transport.js';
import { SERVICE_TIMES } from './service-times.js';

t.test('a calibration takes medians, and how much slower a busy machine is', (t) => {
  const layer = (inputs: number, forward: number[], learn: number[]): StageTimes['layers'][number] => {
    return { inputs, overlay: 0, units: 20, forward, learn };
  };
  const alone: StageTimes = {
    layers: [layer(10, [1, 2, 9], [3, 4, 5]), layer(20, [10], [20])],
    feeder: [0.5, 0.7, 3],
    evaluator: [0.01],
    assembling: { bytes: 1e6, milliseconds: [1, 3, 2] },
  };
  const together = { ...alone, layers: [layer(20, [15], [21]), layer(10, [3], [6])] };
  const constant = (value: number): { median: number; min: number; max: number } => {
    return { median: value, min: 0, max: 99 };
  };
  const end = (cpu: number): { cpu: ReturnType<typeof constant>; wall: ReturnType<typeof constant> } => {
    return { cpu: constant(cpu), wall: constant(50) };
  };
  const others = { encode: constant(0.25), decode: constant(7), bare: constant(7) };
  const frames = (bytesPerFrame: number): Transport => {
    return { units: 20, bytesPerFrame, sender: end(1), receiver: end(2), ...others };
  };
  const transport = [frames(2000), frames(1000)];
  const times = calibrate({ pairs: 100, threads: 1, alone, together, transport });
  t.equal(times.feeder, 0.7);
  t.equal(times.evaluator, 0.01);
  // 9 for 6, and 36 for 30: the middle of 1.5 and 1.2.
  t.equal(times.slowdown, 1.35);
  t.equal(times.assembling, 2e-6);
  t.same(times.transport, [
    { bytes: 1000, encoding: 0.25, sending: 1, receiving: 2 },
    { bytes: 2000, encoding: 0.25, sending: 1, receiving: 2 },
  ]);
  t.equal(stepTime(layerTimes(times.layers, { inputs: 10, overlay: 0, units: 20 })), 6);
  t.throws(() => layerTimes(times.layers, { inputs: 11, overlay: 0, units: 20 }), /No layer of 11 inputs and 20 units/);
  t.throws(
    () => layerTimes(times.layers, { inputs: 10, overlay: 0, units: 20, of: 40 }),
    /No shard of a layer of 40 units of 10 inputs and 20 units/,
  );
  t.equal(calibrate({ pairs: 100, threads: 1, alone, together: undefined, transport }).slowdown, 1);
  // A machine that was disturbed while a layer had it to itself is no faster when it is busy.
  const disturbed = { ...alone, layers: alone.layers.map((layer) => ({ ...layer, forward: [0.1], learn: [0.1] })) };
  t.equal(calibrate({ pairs: 100, threads: 1, alone, together: disturbed, transport }).slowdown, 1);
  t.end();
});

t.test(
  'a frame costs what lies on the line through the measured sizes next to it, and never less than nothing',
  (t) => {
    const measured = [
      { bytes: 1000, encoding: 1, sending: 1, receiving: 1 },
      { bytes: 2000, encoding: 1, sending: 3, receiving: 2 },
      { bytes: 3000, encoding: 2, sending: 5, receiving: 6 },
    ];
    t.same(transportCost(measured, 2000), { bytes: 2000, encoding: 1, sending: 3, receiving: 2 });
    t.same(transportCost(measured, 2500), { bytes: 2500, encoding: 1.5, sending: 4, receiving: 4 });
    t.same(transportCost(measured, 4000), { bytes: 4000, encoding: 3, sending: 7, receiving: 10 });
    t.same(transportCost(measured, 250), { bytes: 250, encoding: 1, sending: 0, receiving: 0.25 });
    t.throws(() => transportCost(measured.slice(0, 1), 1000), /two measured sizes/);
    t.end();
  },
);

t.test('a model has a stage for each process, and a link for each pair of neighbours', (t) => {
  const nodes = [
    { cores: 1, slowdown: 1 },
    { cores: 2, slowdown: 1.5 },
  ];
  const between = { bandwidth: 1e9, roundTrip: 20 };
  const placement = { nodes, stages: [0, 0, 1, 1], between };
  const network = parseNetwork('784-2000-2000');
  const { stages, links } = pipelineModel(network, SERVICE_TIMES, { placement, durations: 'medians' });
  t.same(
    stages.map(({ name, node, forward, learn }) => [name, node, forward, learn]),
    [
      ['feeder', 0, 1, 0],
      ['layer-1', 0, 4, 12],
      ['layer-2', 1, 10, 30],
      ['evaluator', 1, 0.01, 0],
    ],
  );
  t.same(
    links.map(({ bandwidth, roundTrip }) => [bandwidth, roundTrip]),
    [
      [Infinity, 0.1],
      [1e9, 20],
      [Infinity, 0.1],
    ],
  );
  // Half of 784 pixels and a label, then 2000 activations and a goodness, then two of goodness: 4 bytes each, and a header of 300.
  links.forEach(({ frameBytes }, index) => {
    t.equal(frameBytes, 200 * 4 * ([402, 2001, 2][index] as number) + 300);
  });
  // One of the two microseconds a kilobyte is the sender's, on top of a tenth of a millisecond.
  t.ok(Math.abs((links[1]?.sending ?? 0) - 1.7) < 0.01);
  t.equal(
    pipelineModel(network, SERVICE_TIMES, { placement, durations: 'drawn' }).stages[2]?.learn.toString(),
    '29,30,45',
  );
  t.end();
});

t.test('pipelines on this machine share its cores', (t) => {
  const network = parseNetwork('784-2000-2000');
  const rate = (cores: number, times = SERVICE_TIMES): number => simulateHere(network, times, cores).imagesPerSecond;
  // 16 ms of layer 1, on average 29/3 + 104/3 of layer 2, 1 of the feeder, and for each of three links what it costs.
  const cpu = 16 + 133 / 3 + 1 + 0.01 + 2 * (0.1 + 0.63 + 0.1 + 1.6 + 0.1);
  t.ok(Math.abs(rate(1) / (100_000 / cpu) - 1) < 0.03, `${rate(1)} images/s on one core`);
  t.ok(Math.abs(rate(4) / (300_000 / 133) - 1) < 0.03, `${rate(4)} images/s on cores enough`);
  t.ok(rate(2, { ...SERVICE_TIMES, slowdown: 2 }) < rate(2));
  t.end();
});

t.test('the error of a simulation is above 0 where it promises too much', (t) => {
  const network = parseNetwork('784-2000-784');
  const { error, ...rest } = validate(network, 3300, 3000);
  t.same(rest, { network: '784-2000-784', processes: 2, simulated: 3300, real: 3000 });
  t.ok(Math.abs(error - 0.1) < 1e-12);
  t.ok(validate(network, 2700, 3000).error < 0);
  t.end();
});

t.test('a layer a node gives as many images however many nodes, until the network is too slow', (t) => {
  const conditions = [
    { bandwidth: 1e10, roundTrip: 1 },
    { bandwidth: 1e8, roundTrip: 1 },
  ];
  const predictions = predict(SERVICE_TIMES, { nodes: [2, 4], cores: [1, 4], conditions, units: 2000 });
  t.same(
    predictions.map(({ cores, nodes, bandwidth, bottleneck }) => [cores, nodes, bandwidth, bottleneck.kind]),
    [
      [1, 2, 1e10, 'stage'],
      [1, 4, 1e10, 'stage'],
      [1, 2, 1e8, 'bandwidth'],
      [1, 4, 1e8, 'bandwidth'],
      [4, 2, 1e10, 'stage'],
      [4, 4, 1e10, 'stage'],
      [4, 2, 1e8, 'bandwidth'],
      [4, 4, 1e8, 'bandwidth'],
    ],
  );
  const [two, four, slow, , twoOfFour] = predictions;
  // 40 ms of layer 2, and what it costs to receive a frame and to send one without activations.
  t.ok(Math.abs((two?.imagesPerSecond ?? 0) / (100_000 / 41.8) - 1) < 0.01, `${two?.imagesPerSecond} on two nodes`);
  // 40 ms, and both ends of a frame of activations.
  t.ok(Math.abs((four?.imagesPerSecond ?? 0) / (100_000 / 43.4) - 1) < 0.01, `${four?.imagesPerSecond} on four nodes`);
  t.ok(Math.abs((four?.speedUp ?? 0) / ((16 + 3 * 40 + 1.01) / 43.4) - 1) < 0.01, `${four?.speedUp} times one node`);
  t.ok(Math.abs((slow?.imagesPerSecond ?? 0) / (100 / ((8 * 1_601_000) / 1e8)) - 1) < 0.01);
  t.ok((twoOfFour?.imagesPerSecond ?? 0) > 3 * (two?.imagesPerSecond ?? Infinity));
  t.end();
});

t.test('layers have the threads that the command gives them', (t) => {
  t.equal(threadsPerLayer(parseNetwork('784-2000'), 2), 2);
  t.equal(threadsPerLayer(parseNetwork('784-2000x4'), 2), 1);
  t.equal(threadsPerLayer(parseNetwork('784-2000-784'), 64), 9);
  t.same(shapesOf(layerPerNode(2, 300)), [
    { inputs: 784, overlay: 10, units: 300 },
    { inputs: 300, overlay: 0, units: 300 },
  ]);
  t.end();
});

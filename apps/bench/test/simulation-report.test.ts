import t from 'tap';
import { simulationPlot } from '../src/report/simulation-plot.js';
import { calibrationTable, describeBottleneck, simulationSection } from '../src/report/simulation-section.js';
import { transportSection } from '../src/report/transport-section.js';
import type { Prediction } from '../src/simulation/scenarios.js';
import type { SimulationStudy } from '../src/simulation/study.js';
import type { Transport } from '../src/transport.js';
import { SERVICE_TIMES } from './service-times.js';

function prediction(
  nodes: number,
  bandwidth: number,
  imagesPerSecond: number,
  more: Partial<Prediction> = {},
): Prediction {
  const bottleneck = { kind: 'stage', name: 'layer-2' } as const;
  const defaults = { cores: 1, roundTrip: 0.1, withVariation: 2000, speedUp: nodes - 0.5, bottleneck };
  return { nodes, bandwidth, imagesPerSecond, ...defaults, ...more };
}

const BANDWIDTH = { kind: 'bandwidth', name: 'layer-3 → layer-4' } as const;

const STUDY: SimulationStudy = {
  times: { ...SERVICE_TIMES, slowdown: 1.234 },
  validations: [
    { network: '784-2000', processes: 1, simulated: 5100, real: 5000, error: 0.02 },
    { network: '784-2000-784', processes: 2, simulated: 7350, real: 7500, error: -0.02 },
  ],
  predictions: [
    prediction(4, 1e9, 2400),
    prediction(32, 1e9, 2300),
    prediction(4, 1e10, 2410),
    prediction(32, 1e10, 2310),
    prediction(4, 1e9, 7800, { cores: 16 }),
    prediction(32, 1e9, 7700, { cores: 16, bottleneck: BANDWIDTH }),
  ],
  balanced: [
    {
      nodes: 2,
      bandwidth: 1e10,
      roundTrip: 0.1,
      network: '784-2000x2 in 1 and 2 shards',
      placement: [
        ['feeder', 'layer-1', 'layer-2/1'],
        ['layer-2/2', 'evaluator'],
      ],
      imagesPerSecond: 3000,
      withVariation: 2900,
      speedUp: 1.81,
      speedUps: { uncut: 1.4, withoutWaiting: 1.85, withoutFrames: 1.95 },
      bottleneck: { kind: 'exchange', name: 'layer-2/1' },
    },
  ],
};

function linesOf(text: string, start: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(start));
}

t.test('the section says what was measured, how far the simulation is off, and what it predicts', (t) => {
  const section = simulationSection(STUDY);
  t.same(linesOf(section, '| layer of 2000'), [
    '| layer of 2000 → 2000 | 10.00 (9.00–10.00) | 30.00 (29.00–45.00) | 40.00 |',
  ]);
  t.same(linesOf(section, '| feeder'), ['| feeder | 1.000 |  | 1.000 |']);
  t.match(section, 'takes 1.23 times as long');
  t.same(linesOf(section, '| 1: 784'), ['| 1: 784-2000 | 5,100 | 5,000 | +2.0 % |']);
  t.same(linesOf(section, '| 2: 784'), ['| 2: 784-2000-784 | 7,350 | 7,500 | −2.0 % |']);
  t.same(linesOf(section, '| network'), [
    '| network | cores a node | 4 nodes, images/s (×) | 32 nodes, images/s (×) | 32 nodes, varying | limit of 32 nodes |',
  ]);
  t.same(linesOf(section, '| 1 Gbit'), [
    '| 1 Gbit/s, 0.1 ms | 1 | 2,400 (3.5) | 2,300 (31.5) | 2,000 | layer-2 |',
    '| 1 Gbit/s, 0.1 ms | 16 | 7,800 (3.5) | 7,700 (31.5) | 2,000 | the bandwidth of layer-3 → layer-4 |',
  ]);
  t.same(linesOf(section, '| 10 Gbit'), ['| 10 Gbit/s, 0.1 ms | 1 | 2,410 (3.5) | 2,310 (31.5) | 2,000 | layer-2 |']);
  t.same(linesOf(section, '| 2 | 784'), [
    '| 2 | 784-2000x2 in 1 and 2 shards | 3,000 | 2,900 | 1.81 | 1.40 | 1.85 | 1.95 | the exchange of sums of layer-2/1 |',
  ]);
  t.match(section, 'on 2 nodes: 1: feeder, layer-1, layer-2/1; 2: layer-2/2, evaluator.');
  t.match(section, '0.50 ms a megabyte');
  t.notMatch(simulationSection({ ...STUDY, validations: [] }), 'real, images/s');
  t.end();
});

t.test('a report of an earlier version has nothing of shards, and a shard is named as one', (t) => {
  const { balanced: _, ...earlier } = STUDY;
  t.notMatch(simulationSection(earlier), 'uncut');
  const shard = { inputs: 2000, overlay: 0, units: 500, of: 2000, forward: [2], finish: [0.25], learn: [6] };
  const table = calibrationTable({ ...SERVICE_TIMES, layers: [shard] });
  t.match(table, '| shard of 2000 → 500 of 2000 | 2.00 (2.00–2.00) + 0.25 (0.25–0.25) | 6.00 (6.00–6.00) | 8.25 |');
  t.end();
});

t.test('every kind of limit has words', (t) => {
  t.equal(describeBottleneck({ kind: 'cores', name: 'node-1' }), 'the cores of node-1');
  t.equal(describeBottleneck({ kind: 'credit', name: 'layer-1 → layer-2' }), 'the credits of layer-1 → layer-2');
  t.end();
});

t.test('the section on transport has a share where a layer as wide was measured', (t) => {
  const constant = (value: number): Transport['encode'] => ({ median: value, min: value, max: value });
  const end = (cpu: number): Transport['sender'] => ({ cpu: constant(cpu), wall: constant(2.5) });
  const transport = [1000, 2000].map((units): Transport => {
    return {
      units,
      bytesPerFrame: 801 * units,
      sender: end(0.5),
      receiver: end(1.5),
      encode: constant(0.01),
      decode: constant(0.02),
      bare: constant(1),
    };
  });
  const figures = '0.50 (0.50–0.50) | 1.50 (1.50–1.50) | 2.00';
  const rest = '1.00 (1.00–1.00) | 2.50 (2.50–2.50) | 0.010 | 0.020';
  // 2 of 42 ms.
  t.same(linesOf(transportSection(transport, SERVICE_TIMES), '| 2000'), [
    `| 2000 | 1.60 MB | ${figures} | 4.8 % | ${rest} |`,
  ]);
  t.same(linesOf(transportSection(transport, SERVICE_TIMES), '| 1000'), [
    `| 1000 | 0.80 MB | ${figures} | – | ${rest} |`,
  ]);
  t.same(linesOf(transportSection(transport), '| 2000'), [`| 2000 | 1.60 MB | ${figures} | – | ${rest} |`]);
  t.end();
});

t.test('the plot has a line for each network and one for nodes with one core', (t) => {
  const svg = simulationPlot(STUDY.predictions);
  t.match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const text of ['16 cores, 1 Gbit/s, 0.1 ms', '1 core, 10 Gbit/s, 0.1 ms', 'nodes, and layers']) {
    t.ok(svg.includes(`>${text}<`), text);
  }
  t.equal([...svg.matchAll(/>1 core, /g)].length, 1);
  t.end();
});

t.test('networks that make no difference are one line of the plot', (t) => {
  const of = (roundTrip: number, slower: number): Prediction[] =>
    [4, 8].map((nodes) => prediction(nodes, 1e9, 5000 * slower, { cores: 16, roundTrip }));
  const svg = simulationPlot([...of(0.1, 1), ...of(1, 0.995), ...of(20, 0.9)]);
  const names = [...svg.matchAll(/>(16 cores, [^<]+)</g)].map(([, name]) => name);
  t.same(names, ['16 cores, 1 Gbit/s, 0.1–1 ms', '16 cores, 1 Gbit/s, 20 ms']);
  t.end();
});

import { knownSummary } from '@layerline/datasets';
import t from 'tap';
import { applyPreset, leastMemory, makePlan, refuseTooLarge } from '../src/index.js';
import type { PartialRunConfig, Plan } from '../src/index.js';

const GIBIBYTE = 2 ** 30;

function planOf(config: PartialRunConfig): Plan {
  return makePlan(applyPreset('quick', { batch: 10, observeEvery: 0, ...config }), {
    dataset: { name: 'digits', seed: 1 },
    summary: { ...knownSummary('digits'), trainByClass: [1000], testRows: 60 },
    engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
  });
}

await t.test('what each layer takes is counted: state, input, activations, and what it sends on', (t) => {
  const [first, last] = leastMemory(planOf({ layers: [300, 200], optimizer: 'adam' }));
  // Adam keeps two numbers for each that is learned. The first layer takes 10 images and an overlay of 20 rows.
  t.equal(first, 4 * (3 * (784 * 300 + 300) + 10 * 784 + 20 * 10 + 2 * 20 * 300));
  t.equal(last, 4 * (3 * (300 * 200 + 200) + 20 * 300 + 20 * 200));
  const [observed] = leastMemory(planOf({ layers: [300, 200], optimizer: 'adam', observeEvery: 5 }));
  t.equal(observed, (first as number) + 4 * 784 * 300, 'a copy of the weights to compare with');
  const [sgd] = leastMemory(planOf({ layers: [300, 200], optimizer: 'sgd' }));
  t.ok((sgd as number) < (first as number));
  t.end();
});

await t.test("a node's own program takes what it takes", (t) => {
  const plan = planOf({ layers: [30, 20, 10], programs: { 'layer-2': 'theirs' } });
  t.equal(leastMemory(plan)[1], 0);
  t.end();
});

await t.test('what cannot be on the machine is refused, and all else goes on', (t) => {
  const plan = planOf({ layers: [500, 65_536, 65_536] });
  const all = leastMemory(plan).reduce((sum, bytes) => sum + bytes, 0);
  refuseTooLarge(plan, [all]);
  t.throws(() => refuseTooLarge(plan, [all - 1]), { name: 'ConfigError', code: 'ERR_CONFIG' });
  t.throws(() => refuseTooLarge(plan, [16 * GIBIBYTE]), {
    message:
      'layers: weights, optimizer and a batch take at least 48.4 GiB of memory, 48.0 GiB of it for layer-3, and this ' +
      'machine has 16.0 GiB: take narrower or fewer layers, or put them on more machines with --coordinator',
  });
  t.throws(() => refuseTooLarge(planOf({ layers: [65_536] }), [1e8]), {
    message: /^layers: [^,]*, optimizer and a batch take at least 0\.6 GiB of memory, and this machine has 0\.1 GiB: /,
  });
  t.end();
});

import t from 'tap';
import { bestPythonPeer, compare, speedRatio } from '../src/comparison.js';
import type { Entry } from '../src/comparison.js';
import { ProgramError } from '../src/errors.js';
import type { Contestant, Measurement, Variant } from '../src/contestants/contestant.js';
import { WORK } from './work.js';

interface Run {
  readonly name: string;
  readonly variant: Variant;
  readonly images: number;
  readonly evaluate: boolean;
}

const QUIET = { repeats: 3, trialImages: 1000, secondsPerRun: 10, say: () => undefined };

/** A contestant that does `speed(variant)` images a second, and notes each run. */
function fake(
  name: string,
  runs: Run[],
  speed: (variant: Variant) => number,
  { variants = [{ threads: 1 }], divisible = true }: Partial<Pick<Contestant, 'variants' | 'divisible'>> = {},
): Contestant {
  const measured = (images: number, imagesPerSecond: number): Measurement => {
    return { images, imagesPerSecond, seconds: images / imagesPerSecond, versions: { [name]: '1' } };
  };
  return {
    name,
    variants,
    divisible,
    async run(work, variant, evaluate) {
      runs.push({ name, variant, images: work.images, evaluate });
      return measured(work.images, speed(variant));
    },
  };
}

t.test('the variant that a short try finds the fastest is measured on the whole work', async (t) => {
  const runs: Run[] = [];
  const variants = [{ threads: 1 }, { threads: 2, kind: 'scan' }, { threads: 2, kind: 'step' }];
  const speed = ({ threads, kind }: Variant): number => 10_000 * Number(threads) + (kind === 'scan' ? 1 : 0);
  const { entries, absent } = await compare([fake('a', runs, speed, { variants })], WORK, QUIET);
  t.same(
    runs.map(({ images }) => images),
    [1000, 1000, 1000, 60000, 60000, 60000],
  );
  t.same(
    runs.map(({ evaluate }) => evaluate),
    [false, false, false, true, false, false],
  );
  t.match(entries, [{ name: 'a', variant: '2 threads, scan', imagesPerSecond: [20001, 20001, 20001], images: 60000 }]);
  t.same(absent, []);
});

t.test('runs take turns, every second round backwards', async (t) => {
  const runs: Run[] = [];
  const contestants = ['a', 'b', 'c'].map((name) => fake(name, runs, () => 1e5, { divisible: false }));
  await compare(contestants, WORK, QUIET);
  t.equal(runs.map(({ name }) => name).join(''), 'abccbaabc');
});

t.test('a slow side gets as many whole batches as fit into the time, and at least those of the try', async (t) => {
  const runs: Run[] = [];
  const { entries } = await compare([fake('slow', runs, () => 725), fake('slower', runs, () => 2)], WORK, QUIET);
  t.same(
    entries.map(({ images }) => images),
    [7200, 1000],
  );
});

t.test('who fails is left out with the reason, and the others go on', async (t) => {
  const runs: Run[] = [];
  let left = 2;
  const late = fake('late', runs, () => {
    if (left-- === 0) throw new Error('out of memory');
    return 1e5;
  });
  const never = fake('never', runs, () => {
    throw new ProgramError('never', 'no such program');
  });
  const { entries, absent } = await compare([late, never, fake('good', runs, () => 1e5)], WORK, QUIET);
  t.same(
    entries.map(({ name, imagesPerSecond }) => [name, imagesPerSecond.length]),
    [['good', 3]],
  );
  t.same(absent, [
    { name: 'never', reason: 'no such program' },
    { name: 'late', reason: 'out of memory' },
  ]);
});

t.test('what is neither Layerline nor Python is no Python peer, and the fastest of them is the best', (t) => {
  const entry = (name: string, imagesPerSecond: number[], language: string): Entry => {
    return { name, variant: '', images: 1, imagesPerSecond, testError: undefined, versions: { [language]: '1' } };
  };
  const entries = [
    entry('Layerline', [50, 60], 'node'),
    entry('slow', [10, 40], 'python'),
    entry('fast', [30, 31], 'python'),
  ];
  t.equal(bestPythonPeer(entries)?.name, 'fast', 'by the median');
  t.equal(bestPythonPeer(entries.slice(0, 1)), undefined);
  t.end();
});

t.test('speeds are compared repeat by repeat', (t) => {
  const entry = (imagesPerSecond: number[]): Entry => {
    return { name: '', variant: '', images: 1, imagesPerSecond, testError: undefined, versions: {} };
  };
  t.same(speedRatio(entry([10, 30]), entry([5, 10])), { median: 2.5, min: 2, max: 3 });
  t.end();
});

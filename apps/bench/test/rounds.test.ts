import t from 'tap';
import { InterruptedError } from '../src/errors.js';
import { measureInTurns } from '../src/rounds.js';

/** Measures `sides` until the turn with the given number, which an interruption meets. */
async function interruptedAt(
  turn: number,
  sides: readonly string[],
  repeats = 3,
): Promise<[side: string, turns: number[]][]> {
  let turns = 0;
  const run = async (): Promise<number> => {
    if (++turns === turn) throw new InterruptedError();
    return turns;
  };
  const failed = (): never => t.fail('an interruption is no failure') as never;
  return Array.from(await measureInTurns(sides, { repeats, run, failed }));
}

t.test('sides take turns, every second round backwards, and are told the repeat', async (t) => {
  const order: string[] = [];
  const results = await measureInTurns(['a', 'b'], {
    repeats: 3,
    run: async (side, repeat) => order.push(`${side}${repeat}`),
    failed: () => t.fail('nothing fails'),
  });
  t.equal(order.join(' '), 'a0 b0 b1 a1 a2 b2');
  t.same(
    [...results],
    [
      ['a', [1, 4, 5]],
      ['b', [2, 3, 6]],
    ],
  );
});

t.test('who fails takes no further part, whatever it did before', async (t) => {
  const failures: string[] = [];
  const results = await measureInTurns(['a', 'b'], {
    repeats: 3,
    run: async (side, repeat) => {
      if (side === 'a' && repeat === 1) throw new Error('too slow');
      return `${side}${repeat}`;
    },
    failed: (side, { message }) => void failures.push(`${side}: ${message}`),
  });
  t.same([...results], [['b', ['b0', 'b1', 'b2']]]);
  t.same(failures, ['a: too slow']);
});

t.test('a failure may end everything', async (t) => {
  const measuring = measureInTurns(['a'], {
    repeats: 1,
    run: () => Promise.reject(new Error('broken')),
    failed: (_, error) => {
      throw error;
    },
  });
  await t.rejects(measuring, { message: 'broken' });
});

t.test('an interruption leaves the whole rounds, or who had a turn in the first', async (t) => {
  t.same(await interruptedAt(6, ['a', 'b']), [
    ['a', [1, 4]],
    ['b', [2, 3]],
  ]);
  t.same(await interruptedAt(4, ['a', 'b']), [
    ['a', [1]],
    ['b', [2]],
  ]);
  t.same(await interruptedAt(2, ['a', 'b']), [['a', [1]]]);
  await t.rejects(interruptedAt(1, ['a', 'b']), { name: 'InterruptedError', code: 'ERR_BENCH_INTERRUPTED' });
});

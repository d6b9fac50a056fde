import t from 'tap';
import { joinLines, parseLine } from '../src/run/log-lines.js';

t.test('reads lines of the log', async (t) => {
  t.same(parseLine('2026-01-01T00:00:00.000Z layer-1: a: b'), {
    at: '2026-01-01T00:00:00.000Z',
    stage: 'layer-1',
    text: 'a: b',
  });
  t.same(parseLine(' run: without a time'), { at: '', stage: 'run', text: 'without a time' });
  t.same(parseLine('anything'), { at: '', stage: '', text: 'anything' });
});

t.test('shows what was read and heard once', async (t) => {
  const read = ['a', 'b', 'b'].map((text) => ({ at: '1', stage: 'feeder', text }));
  const heard = (...lines: string[]) => lines.map((line) => ({ at: '2', stage: 'feeder', line }));
  const texts = (...lines: string[]): string =>
    joinLines(read, heard(...lines))
      .map(({ text }) => text)
      .join('');
  t.equal(texts('b', 'c'), 'abbc');
  t.equal(texts('b', 'b', 'c'), 'abbc');
  t.equal(texts('c'), 'abbc');
  t.equal(texts(), 'abb');
  t.equal(joinLines(read, [{ at: '2', stage: 'layer-1', line: 'b' }]).length, 4, 'another stage says the same');
});

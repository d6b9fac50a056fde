import t from 'tap';
import { ThrottledLines } from '../src/throttled-lines.js';

/** Lines 1, 2, 3, … as they are passed on when the allowance gives these answers, and none after them. */
function passed(count: number, ...answers: readonly boolean[]): string[] {
  const left = [...answers];
  const lines: string[] = [];
  const throttled = new ThrottledLines({ take: () => left.shift() ?? false }, (line) => lines.push(line));
  for (let line = 1; line <= count; line++) throttled.line(String(line));
  throttled.end();
  return lines.map((line) => line.replace(/^(\d+) lines were left out here: .+/, '$1 left out'));
}

t.test('lines are passed on as far as the allowance goes, and the others counted', (t) => {
  t.same(passed(3, true, true, true), ['1', '2', '3']);
  t.same(passed(5, true, true), ['1', '2', '3 left out'], 'at the end');
  t.same(passed(5, true, false, false, true, true, true), ['1', '2 left out', '4', '5'], 'and before the next one');
  t.same(
    passed(3, true, false, true, false),
    ['1', '1 left out', '1 left out'],
    'the count takes from the allowance too',
  );
  t.end();
});

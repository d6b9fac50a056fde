import t from 'tap';
import { Clock, start } from '../src/simulation/clock.js';
import type { Wait } from '../src/simulation/clock.js';
import { Processor, Thread } from '../src/simulation/processor.js';

/** When each piece of work is over, by name. */
function timeline(cores: number, slowdown: number): { clock: Clock; processor: Processor; note: Note; ends: Ends } {
  const clock = new Clock();
  const ends: Ends = {};
  const note: Note = (name, work) => work(() => (ends[name] = clock.now));
  return { clock, processor: new Processor(clock, { cores, slowdown }), note, ends };
}

type Ends = Record<string, number>;
type Note = (name: string, work: Wait) => void;

function runOut(clock: Clock): void {
  while (clock.step());
}

t.test('events happen in the order of their times, and those of one time in the order of their scheduling', (t) => {
  const clock = new Clock();
  const seen: string[] = [];
  const delays = [5, 1, 3, 1, 9, 3, 0, 7, 1];
  delays.forEach((delay, index) => clock.after(delay, () => seen.push(`${delay}.${index}`)));
  clock.after(2, () => clock.after(0.5, () => seen.push(`${clock.now}`)));
  runOut(clock);
  t.same(seen, ['0.6', '1.1', '1.3', '1.8', '2.5', '3.2', '3.5', '5.0', '7.7', '9.4']);
  t.equal(clock.now, 9);
  t.notOk(clock.step());
  t.end();
});

t.test('a process goes on when what it waits for is over', (t) => {
  const clock = new Clock();
  const times: number[] = [];
  function* process(): Generator<Wait, void> {
    yield (over) => clock.after(2, over);
    times.push(clock.now);
    yield (over) => over();
    yield (over) => clock.after(3, over);
    times.push(clock.now);
  }
  start(process());
  runOut(clock);
  t.same(times, [2, 5]);
  t.end();
});

t.test('pieces of work share a core evenly', (t) => {
  const { clock, processor, note, ends } = timeline(1, 1);
  note('long', processor.work(30, 1));
  note('short', processor.work(10, 1));
  clock.after(30, () => note('late', processor.work(5, 1)));
  runOut(clock);
  // To 20 the two share the core; long is alone to 30, with 10 of its 30 left; then it shares with late.
  t.same(ends, { short: 20, late: 40, long: 45 });
  t.equal(processor.takeCoreTime(), 45);
  t.equal(processor.takeCoreTime(), 0);
  t.end();
});

t.test('work on several cores slows the others down, and has its own slowdown in it already', (t) => {
  const two = timeline(2, 1.5);
  two.note('a', two.processor.work(10, 1));
  two.note('b', two.processor.work(20, 1));
  runOut(two.clock);
  // a has done its 10 at 15, and b 10 of 20; then b is alone.
  t.same(two.ends, { a: 15, b: 25 });
  const threaded = timeline(2, 1.5);
  threaded.note('both cores', threaded.processor.work(10, 2));
  runOut(threaded.clock);
  t.same(threaded.ends, { 'both cores': 10 });
  const crowded = timeline(2, 1);
  crowded.note('two threads', crowded.processor.work(10, 2));
  crowded.note('one thread', crowded.processor.work(10, 1));
  runOut(crowded.clock);
  // Three threads have two thirds of a core each.
  t.same(crowded.ends, { 'two threads': 15, 'one thread': 15 });
  t.end();
});

t.test('a thread does one thing after the other, whatever the cores', (t) => {
  const { clock, processor, note, ends } = timeline(4, 1);
  const thread = new Thread(processor);
  note('first', thread.work(3));
  note('second', thread.work(4));
  note('nothing', thread.work(0));
  note('beside', processor.work(5, 1));
  runOut(clock);
  t.same(ends, { first: 3, second: 7, nothing: 7, beside: 5 });
  t.end();
});

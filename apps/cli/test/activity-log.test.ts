import t from 'tap';
import { activityInWords } from '../src/display/activity-lines.js';
import { ActivityLog } from '../src/display/activity-log.js';

const NOON = new Date(2026, 0, 1, 12, 0, 5);

/** A log, what it has printed, and an end of its spans whenever the test wants one. */
function open() {
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  const log = new ActivityLog(
    (line) => lines.push(line),
    (then) => waiting.push(then),
    () => NOON,
  );
  const endSpans = (): void => {
    for (const end of waiting.splice(0)) end();
  };
  return { log, lines, endSpans };
}

const lost = (node: string) => ({ type: 'node-lost', node, reason: 'the connection broke off' }) as const;
const joined = (node: string) => ({ type: 'node-joined', node, host: '10.0.0.2', cores: 1, slots: 8 }) as const;

t.test('each line begins with the local time and what it is about', (t) => {
  const { log, lines } = open();
  log.add(joined('lab'));
  log.add(lost('lab'));
  t.same(lines, [
    '12:00:05 node lab: joined from 10.0.0.2, with 1 core and 8 slots',
    '12:00:05 node lab: lost: the connection broke off',
  ]);
  t.end();
});

t.test('a node that comes and goes is cut short, and the last that is said of it is how it is', (t) => {
  const { log, lines, endSpans } = open();
  for (let time = 0; time < 7; time++) {
    log.add(joined('lab'));
    log.add(lost('lab'));
  }
  log.add(joined('other'));
  t.equal(lines.length, 11);
  t.equal(lines.at(-1), '12:00:05 node other: joined from 10.0.0.2, with 1 core and 8 slots');
  endSpans();
  t.same(lines.slice(11), ['12:00:05 node lab: lost: the connection broke off (and 3 more changes just before)']);
  log.add(joined('lab'));
  t.equal(lines.length, 13, 'and there is room again');
  t.end();
});

t.test('how a run ended is never held back, nor anything when the log is closed', (t) => {
  const { log, lines } = open();
  const noticed = (run: string) => ({ type: 'run-noticed', run, sentence: 'it recovers' }) as const;
  for (let time = 0; time < 12; time++) {
    log.add(noticed('a'));
    log.add(noticed('b'));
  }
  lines.splice(0);
  log.add({
    type: 'run-ended',
    run: 'a',
    end: { error: { code: 'ERR_X', message: 'broken\nin detail' } },
    seconds: 61,
  });
  log.flush();
  t.same(lines, [
    '12:00:05 run a: it recovers (and 1 more change just before)',
    '12:00:05 run a: failed after 1:01: broken',
    '12:00:05 run b: it recovers (and 1 more change just before)',
  ]);
  t.end();
});

t.test('what happens is said in words', (t) => {
  const run = 'r';
  const operation = {
    id: 2,
    requestId: null,
    change: { kind: 'move', stage: 'layer-1', from: 'a', to: 'b' },
    state: 'rolled-back',
    detail: 'b was lost',
    revision: 1,
    bytes: 0,
    seconds: 1,
    pausedSeconds: 0,
  } as const;
  const stopped = { error: { code: 'ERR_RUN_STOPPED', message: 'Run r was stopped' } };
  t.same(
    [
      activityInWords({ type: 'run-submitted', run, units: [20, 10], epochs: 1 }),
      activityInWords({ type: 'run-taken-up', run, units: [20], epochs: 3 }),
      activityInWords({ type: 'run-training', run, nodes: ['a', 'b'] }),
      activityInWords({ type: 'run-reshaped', run, operation }),
      activityInWords({ type: 'run-reshaped', run, operation: { ...operation, state: 'applied', detail: null } }),
      activityInWords({ type: 'run-ended', run, end: stopped, seconds: 3 }),
    ],
    [
      'submitted: layers 20, 10, 1 epoch',
      'taken up again: layers 20, 3 epochs',
      'training on a, b',
      'operation 2 undone: layer-1 from a to b (b was lost)',
      'operation 2 applied: layer-1 from a to b',
      'stopped after 0:03',
    ],
  );
  t.end();
});

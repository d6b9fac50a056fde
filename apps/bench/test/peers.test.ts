/** What the Python peers share, where there is a Python; it takes none of their libraries. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { PEERS } from '../src/contestants/python.js';

const PYTHON = 'python3';
const skip = spawnSync(PYTHON, ['--version']).status === 0 ? false : `there is no ${PYTHON}`;

/** What a program says that has the peers' common module, as JSON. */
function answer(program: string): unknown {
  const { stdout, stderr } = spawnSync(PYTHON, ['-B', '-c', `import json, sys\n${program}`], {
    cwd: PEERS,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

t.test('training is cut into stretches between the evaluations on the way', { skip }, (t) => {
  const stretches = (evaluateEvery: number, images: number): unknown =>
    answer(`
from types import SimpleNamespace
from ff_work import stretches
work = SimpleNamespace(batch=10, steps=${images} // 10, evaluate_every=${evaluateEvery})
print(json.dumps([[s.start, s.stop] for s in stretches(work, 205)]))`);
  const whole = [[0, 60]];
  const epochs = [
    [0, 20],
    [20, 40],
    [40, 60],
  ];
  t.same(stretches(0, 600), whole);
  t.same(stretches(1, 600), epochs);
  t.same(stretches(2, 500), [
    [0, 40],
    [40, 50],
  ]);
  t.end();
});

t.test('the clock stands still during an evaluation, which says when it began', { skip }, (t) => {
  const { evaluations, seconds } = answer(`
import time
from types import SimpleNamespace
from ff_work import Clock, Evaluations
now = 100.0
time.perf_counter = lambda: now
evaluations = Evaluations(SimpleNamespace(evaluate_every=2))
clock = Clock()
def evaluate():
    global now
    now += 7
    return 0.25
for _ in range(2):
    now += 3
    evaluations.add(clock, evaluate)
now += 1
none = Evaluations(SimpleNamespace(evaluate_every=0))
none.add(clock, evaluate)
print(json.dumps({"evaluations": evaluations.done + none.done, "seconds": clock.seconds}))`) as Record<string, unknown>;
  t.same(evaluations, [
    { epoch: 2, seconds: 3, testError: 0.25 },
    { epoch: 4, seconds: 6, testError: 0.25 },
  ]);
  t.equal(seconds, 7);
  t.end();
});

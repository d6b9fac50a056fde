import { join } from 'node:path';
import { BACKENDS } from '@layerline/plan';
import t from 'tap';
import type { Test } from 'tap';
import { engineHere, tryEngines } from '../src/index.js';
import { ask } from '../src/examiner.js';

/** An examiner that does what a test wants. @param script what it does when it is `asked` */
function examiner(t: Test, script: string): string {
  const program = `process.once('message', (asked) => { ${script} })`;
  return join(t.testdir({ 'examiner.cjs': program }), 'examiner.cjs');
}

const QUESTION = { type: 'engine', backend: 'tfjs/cpu', milliseconds: 1 } as const;

t.test('an examiner that hangs is ended, and the question has failed', async (t) => {
  await t.rejects(ask(QUESTION, examiner(t, ''), 1), { message: 'the examiner has not answered within 0.001 s' });
});

t.test('an answer that is none fails the question, and not whoever asked', async (t) => {
  await t.rejects(ask(QUESTION, examiner(t, `process.send({ type: 'guess' })`)), { code: 'ERR_PROTOCOL' });
});

t.test('an engine whose native code crashes is one that does not work, and the others are tried', async (t) => {
  const works = { available: true, version: '1', kernels: 'all', millisecondsPerStep: 2 };
  const program = examiner(
    t,
    `if (asked.backend === 'onnx/c-api') process.kill(process.pid, 'SIGILL');
     else if (asked.backend === 'tfjs/tensorflow') process.kill(process.pid, 'SIGSEGV');
     else if (asked.backend === 'onnx/node') process.exit(3);
     else process.send({ type: 'engine', trial: ${JSON.stringify(works)} }, () => process.exit());`,
  );
  const crashed = (end: string): object => ({
    available: false,
    reason: `it crashed: its process ended with ${end}`,
  });
  t.same(await tryEngines(1, program), [
    { backend: 'onnx/c-api', ...crashed('SIGILL') },
    { backend: 'tfjs/tensorflow', ...crashed('SIGSEGV') },
    { backend: 'onnx/node', ...crashed('exit code 3') },
    { backend: 'tfjs/wasm', ...works },
    { backend: 'tfjs/cpu', ...works },
  ]);
});

t.test('the engine of a training here is the first that works', async (t) => {
  const works = { available: true, version: '1', kernels: 'all', millisecondsPerStep: 2 };
  const program = examiner(
    t,
    `if (asked.backend.startsWith('onnx')) process.exit(3);
     else process.send({ type: 'engine', trial: ${JSON.stringify(works)} }, () => process.exit());`,
  );
  const found = { backend: 'tfjs/tensorflow', version: '1', millisecondsPerStep: 2 };
  t.same(await engineHere('auto', program), found);
  t.same(await engineHere('tfjs', program), found);
  await t.rejects(engineHere('onnx', program), { code: 'ERR_NO_ENGINE', message: /exit code 3/ });
});

t.test('every engine is tried in the order of auto', async (t) => {
  const trials = await tryEngines(1);
  t.same(
    trials.map(({ backend }) => backend),
    BACKENDS,
  );
  for (const trial of trials) {
    if (trial.available) t.ok(trial.millisecondsPerStep > 0, trial.backend);
    else t.match(trial.reason, /\S/, trial.backend);
  }
  t.ok(trials.at(-1)?.available, 'plain JavaScript works everywhere');
});

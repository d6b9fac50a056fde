import t from 'tap';
import { NodeLostError, RunGivenUpError, StageDiedError, StageFailedError } from '../src/index.js';
import { RestartPolicy } from '../src/restart-policy.js';

const LOST = new NodeLostError('node-a', 'the cable');

t.test('restarts come at once, then after delays that double up to an end', (t) => {
  const policy = new RestartPolicy('run-1', () => 0.5);
  const delays = Array.from({ length: 7 }, () => policy.delayAfter(LOST, 100));
  t.same(delays, [0, 0, 250, 500, 1000, 2000, 4000], 'half of what they could be');
  t.end();
});

t.test('a run that does not get on is given up, with what failed last', (t) => {
  const policy = new RestartPolicy('run-1', () => 0);
  for (let failure = 1; failure < 8; failure++) policy.delayAfter(LOST, 100 - failure);
  const given = { name: 'RunGivenUpError', code: 'ERR_RUN_GIVEN_UP', cause: LOST };
  t.throws(() => policy.delayAfter(LOST, 100 - 8), {
    ...given,
    message: /8 failures in a row, .* image 99\. .*the cable/,
  });
  t.type(RunGivenUpError, 'function');
  t.end();
});

t.test('failures of several kinds are no poison, but there is an end to them too', (t) => {
  const policy = new RestartPolicy('run-1', () => 0);
  const killed = (stage: string) => new StageDiedError(stage, 7, { code: null, signal: 'SIGKILL' }, []);
  for (let failure = 1; failure < 40; failure++) policy.delayAfter(killed(`layer-${failure % 2}`), 100);
  t.throws(() => policy.delayAfter(killed('layer-0'), 100), { code: 'ERR_RUN_GIVEN_UP', message: /after 40 failures/ });
  t.end();
});

t.test('getting on starts the count anew', (t) => {
  const policy = new RestartPolicy('run-1', () => 0);
  for (let failure = 1; failure <= 100; failure++) t.equal(policy.delayAfter(LOST, failure), 0);
  t.end();
});

t.test('what would come again ends the run at once', (t) => {
  for (const code of [
    'ERR_DIVERGED',
    'ERR_CONFIG',
    'ERR_DATASET_MISSING',
    'ERR_FENCED',
    'ERR_RUN_FOLDER',
    'ERR_UNSAFE_PATH',
  ]) {
    const error = new StageFailedError('layer-1', 7, code, 'as it must');
    t.throws(() => new RestartPolicy('run-1').delayAfter(error, 100), error);
  }
  t.equal(
    new RestartPolicy('run-1').delayAfter(new StageFailedError('layer-1', 7, 'ERR_UNEXPECTED', 'who knows'), 1),
    0,
  );
  t.end();
});

import { hostname } from 'node:os';
import { join } from 'node:path';
import { idAmong } from '@layerline/coordinator';
import t from 'tap';
import { checkResumable } from '../src/run-lookup.js';

t.test('a run that a process is at work on is only taken over when asked, and a completed one never', async (t) => {
  const state = (content: object): { 'state.json': string } => {
    return { 'state.json': JSON.stringify({ startedAt: '2026-01-31', pid: process.pid, ...content }) };
  };
  const root = t.testdir({
    elsewhere: state({ state: 'running', host: 'another-machine' }),
    here: state({ state: 'running', host: hostname() }),
    completed: state({ state: 'completed', host: hostname() }),
    stopped: state({ state: 'stopped', host: hostname() }),
  });
  for (const [run, host] of [
    ['elsewhere', 'another-machine'],
    ['here', hostname()],
  ] as const) {
    const message = `Run ${run} is already under way, in process ${process.pid} on ${host}: wait for it to end, or stop it. If you know that the process is gone, add --take-over`;
    await t.rejects(checkResumable(join(root, run), false), { code: 'ERR_RUN_BUSY', message });
    await t.resolves(checkResumable(join(root, run), true));
  }
  for (const takeOver of [false, true]) {
    await t.rejects(checkResumable(join(root, 'completed'), takeOver), { code: 'ERR_CHECKPOINT' });
    await t.resolves(checkResumable(join(root, 'stopped'), takeOver));
  }
});

t.test('a run is meant by its id, or by the beginning or the end of one that no other has', (t) => {
  const ids = ['2026-01-31-abcd', '2026-01-31-bcde', 'abcd'];
  t.equal(idAmong('abcd', ids), 'abcd', 'in full');
  t.equal(idAmong('cde', ids), '2026-01-31-bcde');
  t.equal(idAmong('de', ids), undefined, 'too short');
  t.equal(idAmong('01-31', ids), undefined);
  t.throws(() => idAmong('2026', ids), { message: '2026 may be 2026-01-31-abcd, 2026-01-31-bcde: name one of them' });
  t.end();
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { RunRegistry } from '../src/run-registry.js';

const NO_PROCESS = 2 ** 22 + 1;

t.test('a run that cannot be taken up is listed with the reason, like one that has failed', async (t) => {
  const root = t.testdir();
  const put = (id: string, state: object): void => {
    mkdirSync(join(root, id));
    writeFileSync(join(root, id, 'config.json'), '{}');
    writeFileSync(join(root, id, 'state.json'), JSON.stringify(state));
  };
  put('died', { state: 'running', startedAt: '2026-01-01', pid: NO_PROCESS });
  put('failed', { state: 'failed', startedAt: '2026-01-02', pid: NO_PROCESS, failure: 'the disk is full' });
  const registry = new RunRegistry(root, '0.1.0', () => t.fail('no run begins') as never);
  const [sentence, ...others] = await registry.adopt({ takeOver: false });
  t.match(
    sentence,
    /^Cannot take up run died: .+config\.json is damaged, .+\. Mend that and start the coordinator again$/,
  );
  t.same(others, []);
  const listed = await registry.list();
  t.same(
    listed.map(({ id, state }) => [id, state]),
    [
      ['failed', 'failed'],
      ['died', 'died'],
    ],
  );
  t.equal(listed[0]?.failure, 'the disk is full');
  t.ok(sentence?.includes(listed[1]?.failure ?? 'nothing'));
});

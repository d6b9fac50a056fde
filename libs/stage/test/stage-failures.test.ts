import t from 'tap';
import { OutboundLink } from '@layerline/protocol';
import { assign, HOST, openStore, TestStage } from './support.js';

const STREAM = { identity: { run: 'run-1', incarnation: 1, generation: 2 }, maxFrameBytes: 4096 } as const;

t.test('a stage that fails says why, and ends with exit code 1', async (t) => {
  const { url: full } = await openStore(t, 507, 'the disk is full');
  const failures = {
    'in its factory': [{ throwIn: 'factory' }, 'ERR_TEST', /^as the test wants$/],
    'in its work': [{ throwIn: 'transform' }, 'ERR_TEST', /^as the test wants$/],
    'when it closes': [{ frames: 1, throwIn: 'close' }, 'ERR_TEST', /^as the test wants$/],
    'where nobody waits': [{ throwIn: 'later' }, 'ERR_TEST', /^as the test wants$/],
    'with much to say': [{ throwIn: 'factory', message: 'x'.repeat(10_000) }, 'ERR_TEST', /^x{4000}$/],
    'with its model': [{ frames: 1, store: full }, 'ERR_STORE', /the disk is full/],
  } as const;
  for (const [when, [settings, code, message]] of Object.entries(failures)) {
    await t.test(when, async (t) => {
      const stage = new TestStage(t);
      const { url } = await openStore(t, 204);
      stage.instruct(assign('feeder', settings, { store: 'store' in settings ? settings.store : url }));
      stage.order({ type: 'begin' });
      t.match(await stage.event('failed'), { code, message });
      t.same(await stage.exit, [1, null]);
      t.match(stage.stderr, /Error: |StoreError: /, 'and the log has the stack');
      t.equal(stage.history.filter((type) => type === 'failed' || type === 'finished').length, 1);
    });
  }
});

t.test('a stage that cannot have its port, or is told nonsense, fails', async (t) => {
  const server = OutboundLink.server({ host: HOST, ticket: 'ticket', consumer: 'somebody', ...STREAM });
  const port = await server.listen();
  t.teardown(() => server.close());
  const first = new TestStage(t);
  first.instruct(assign('feeder', {}, { consumer: 'evaluator', port }));
  t.match(await first.event('failed'), {
    code: 'ERR_LISTEN',
    message: new RegExp(`${HOST}:${port}: the port is in use`),
  });
  t.same(await first.exit, [1, null]);
  const second = new TestStage(t);
  second.process.send({ type: 'dance' });
  t.match(await second.event('failed'), { code: 'ERR_PROTOCOL' });
  t.same(await second.exit, [1, null]);
  const third = new TestStage(t);
  third.instruct(assign('feeder', {}, {}));
  third.order({ type: 'connect', neighbour: 'layer-7', address: `ws://${HOST}:${port}` });
  t.match(await third.event('failed'), { code: 'ERR_PROTOCOL', message: 'feeder has no link with layer-7' });
  t.same(await third.exit, [1, null]);
});

t.test('a stage whose producer refuses it fails', async (t) => {
  const server = OutboundLink.server({ host: HOST, ticket: 'another ticket', consumer: 'evaluator', ...STREAM });
  const port = await server.listen();
  t.teardown(() => server.close());
  const stage = new TestStage(t);
  stage.instruct(assign('evaluator', {}, { producer: 'feeder' }));
  stage.order({ type: 'connect', neighbour: 'feeder', address: `ws://${HOST}:${port}` });
  t.match(await stage.event('failed'), { code: 'ERR_CONNECTION_LOST', message: /feeder: dialling .*403/ });
  await stage.event('left');
});

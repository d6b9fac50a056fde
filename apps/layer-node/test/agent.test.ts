import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Channel, CONTROL_SUBPROTOCOL, MAX_CONTROL_BYTES, MAX_EVENT_BYTES, nodeMessage } from '@layerline/protocol';
import type { CoordinatorMessage, NodeMessage } from '@layerline/protocol';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { NodeAgent } from '../src/agent.js';

const HOST = '127.0.0.1';
const TASK = 'run-1/0.0/layer-2';
const CAPABILITIES = {
  ports: { from: 0, to: 0 },
  dialsOut: false,
  cores: 1,
  memory: 1,
  slots: 1,
  engines: [],
  datasets: [],
  programs: [],
};

/** Has a node start a program of its own, and gathers what it tells until the program has ended or the node is rejected. */
async function tell(t: Test, script: string): Promise<NodeMessage[]> {
  const server = new WebSocketServer({
    host: HOST,
    port: 0,
    maxPayload: MAX_CONTROL_BYTES,
    handleProtocols: () => CONTROL_SUBPROTOCOL,
  });
  t.teardown(() => server.close());
  await once(server, 'listening');
  const told: NodeMessage[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    server.once('connection', (socket: WebSocket) => {
      const channel = new Channel<NodeMessage, CoordinatorMessage>(socket, nodeMessage, {
        message: (message) => {
          told.push(message);
          if (message.type === 'exited') resolve();
          if (message.type !== 'join') return;
          channel.send({ type: 'welcome', version: '1' });
          const store = { path: '/parts', secret: 'secret' };
          const life = { run: 'run-1', incarnation: 0, generation: 0, stage: 'layer-2', role: 'layer' as const };
          channel.send({
            type: 'start',
            task: TASK,
            assignment: { ...life, program: 'own', settings: {}, inputs: [], outputs: [], peers: [], store },
          });
        },
        closed: (reason) => reject(new Error(reason)),
      });
      channel.start();
    });
  });
  const port = (server.address() as AddressInfo).port;
  const agent = await NodeAgent.join({
    coordinator: `ws://${HOST}:${port}`,
    token: 'token',
    name: 'box',
    version: '1',
    capabilities: { ...CAPABILITIES, programs: ['own'] },
    programs: new Map([['own', [process.execPath, '-e', script]]]),
    site: { host: HOST, ports: { from: 0, to: 0 }, coordinator: { origin: `http://${HOST}:${port}` } },
  });
  t.teardown(() => agent.leave());
  await ended;
  return told;
}

t.test('a stage that floods its log does not have its node rejected', async (t) => {
  const lines = 40_000;
  const told = await tell(t, `process.stderr.write('a line of the log\\n'.repeat(${lines}))`);
  const passed = told.flatMap((message) => (message.type === 'line' ? [message.line] : []));
  const leftOut = passed.map((line) => Number(/^(\d+) lines were left out here/.exec(line)?.[1] ?? 0));
  const counted = leftOut.reduce((sum, count) => sum + count, 0);
  t.ok(counted > 0);
  t.equal(
    passed.length - leftOut.filter((count) => count > 0).length + counted,
    lines,
    'every line is there or counted',
  );
  t.match(told.at(-1), { type: 'exited', code: 0, tail: Array.from({ length: 10 }, () => 'a line of the log') });
});

t.test('a program that floods its node with events is ended, and the node stays', async (t) => {
  const told = await tell(t, `process.stdout.write('{"type":"ready"}\\n'.repeat(40_000)); setInterval(() => 0, 1000)`);
  t.ok(told.filter(({ type }) => type === 'event').length < 1_000);
  t.match(told.at(-1), {
    type: 'exited',
    signal: 'SIGKILL',
    tail: ['layer-2 sent more than 10 events a second, so its node ended it'],
  });
});

/** A program that writes this, and then does nothing more. */
const writing = (script: string): string => `process.stdout.write(${script} + '\\n'); setInterval(() => 0, 1000)`;

t.test('what a stage says and its node could not pass on ends that stage, and the node stays', async (t) => {
  const report = (inner: string): string => writing(`'{"type":"report","report":' + ${inner} + '}'`);
  const wrong: Record<string, [script: string, reason: RegExp]> = {
    'nested too deep': [report(`'['.repeat(5000) + ']'.repeat(5000)`), /nested more than 32 levels deep$/],
    'deeper than JSON is written': [report(`'{"a":'.repeat(40_000) + '1' + '}'.repeat(40_000)`), /levels deep$/],
    'too long': [report(`'"' + 'x'.repeat(${MAX_EVENT_BYTES}) + '"'`), /A message has \d+ bytes: the most is 258048$/],
    'too long in bytes': [report(`'"' + '語'.repeat(100_000) + '"'`), /A message has 3\d+ bytes: the most is 258048$/],
    'longer than is read': [report(`'"' + 'x'.repeat(${4 * MAX_CONTROL_BYTES}) + '"'`), /A message has 2621\d+ bytes/],
    'not an event': [writing(`'{"type":"dance"}'`), /A message is wrong at type/],
    'not JSON': [writing(`'hello'`), /A message is wrong at its root/],
  };
  for (const [what, [script, reason]] of Object.entries(wrong)) {
    await t.test(what, async (t) => {
      const told = await tell(t, script);
      t.same(
        told.map(({ type }) => type),
        ['join', 'started', 'line', 'exited'],
      );
      const exited = told.at(-1);
      t.match(exited, { type: 'exited', signal: 'SIGKILL' });
      const line = exited?.type === 'exited' ? (exited.tail.at(-1) ?? '') : '';
      t.match(line, /^layer-2 sent something that is not a stage's message, so its node ended it: /);
      t.match(line, reason);
    });
  }
});

t.test('an event of the greatest length that is allowed gets through', async (t) => {
  const length = MAX_EVENT_BYTES - 100;
  const script = `process.stdout.write('{"type":"report","report":"' + 'x'.repeat(${length}) + '"}\\n')`;
  const told = await tell(t, script);
  t.match(told.at(-1), { type: 'exited', code: 0 });
  const event = told.find((message) => message.type === 'event')?.event;
  t.equal(event?.type === 'report' && (event.report as string).length, length);
});

t.test('a stage does not get the secrets of its node', async (t) => {
  const names = ['LAYERLINE_TOKEN', 'LAYERLINE_OPERATOR_TOKEN_FILE', 'LAYERLINE_SEED'] as const;
  for (const name of names) process.env[name] = 'told';
  t.teardown(() => names.forEach((name) => delete process.env[name]));
  const asked = `Object.keys(process.env).filter((name) => name.startsWith('LAYERLINE_')).sort().join()`;
  const told = await tell(t, `process.stderr.write(${asked} + '\\n')`);
  const exited = told.at(-1);
  const [line = ''] = exited?.type === 'exited' ? exited.tail : [];
  t.ok(line.split(',').includes('LAYERLINE_SEED'), line);
  t.notMatch(line, 'TOKEN');
});

t.test('a node that is not let in is told why', async (t) => {
  const server = new WebSocketServer({ host: HOST, port: 0, handleProtocols: () => CONTROL_SUBPROTOCOL });
  t.teardown(() => server.close());
  await once(server, 'listening');
  server.once('connection', (socket: WebSocket) => socket.close(1008, 'a node named box is here already'));
  const { port } = server.address() as AddressInfo;
  const joining = NodeAgent.join({
    coordinator: `ws://${HOST}:${port}`,
    token: 'token',
    name: 'box',
    version: '1',
    capabilities: CAPABILITIES,
    programs: new Map(),
    site: { host: HOST, ports: { from: 0, to: 0 }, coordinator: { origin: `http://${HOST}:${port}` } },
  });
  await t.rejects(joining, {
    code: 'ERR_CONNECTION_LOST',
    message: 'Lost the connection with the coordinator: a node named box is here already',
  });
});

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Channel, CONTROL_SUBPROTOCOL, nodeMessage } from '@layerline/protocol';
import type { CoordinatorMessage, NodeMessage } from '@layerline/protocol';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { NodeAgent } from '../src/agent.js';

const HOST = '127.0.0.1';
const TASK = 'run-1/0.0/layer-2';

/** Has a node start a program of its own, and gathers what it tells until the program has ended or the node is turned away. */
async function tell(t: Test, script: string): Promise<NodeMessage[]> {
  const server = new WebSocketServer({ host: HOST, port: 0, handleProtocols: () => CONTROL_SUBPROTOCOL });
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
          const store = { path: '/parts', secret: 'secret' };
          const life = { run: 'run-1', incarnation: 0, generation: 0, stage: 'layer-2', role: 'layer' as const };
          channel.send({ type: 'start', task: TASK, assignment: { ...life, program: 'own', settings: {}, store } });
        },
        closed: (reason) => reject(new Error(reason)),
      });
    });
  });
  const port = (server.address() as AddressInfo).port;
  const agent = await NodeAgent.join({
    coordinator: `ws://${HOST}:${port}`,
    token: 'token',
    name: 'box',
    version: '1',
    capabilities: {
      ports: { from: 0, to: 0 },
      dialsOut: false,
      cores: 1,
      memory: 1,
      slots: 1,
      engines: [],
      datasets: [],
      programs: ['own'],
    },
    programs: new Map([['own', [process.execPath, '-e', script]]]),
    site: { host: HOST, ports: { from: 0, to: 0 }, coordinator: { origin: `http://${HOST}:${port}` } },
  });
  t.teardown(() => agent.leave());
  await ended;
  return told;
}

t.test('a stage that floods its log does not have its node turned away', async (t) => {
  const lines = 40_000;
  const told = await tell(t, `process.stderr.write('a line of the log\\n'.repeat(${lines}))`);
  const passed = told.flatMap((message) => (message.type === 'line' ? [message.line] : []));
  const leftOut = passed.map((line) => Number(/^(\d+) lines are left out here/.exec(line)?.[1] ?? 0));
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
    tail: ['layer-2 tells more than 10 events a second, and is ended'],
  });
});

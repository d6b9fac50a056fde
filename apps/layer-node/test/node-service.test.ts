import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { CONTROL_SUBPROTOCOL } from '@layerline/protocol';
import t from 'tap';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { serveAsNode } from '../src/node-service.js';

const HOST = '127.0.0.1';

t.test('of several coordinators, the one that answers says why a node is not let in', async (t) => {
  const closed = createServer().listen(0, HOST);
  await once(closed, 'listening');
  const nobody = (closed.address() as AddressInfo).port;
  closed.close();
  const server = new WebSocketServer({ host: HOST, port: 0, handleProtocols: () => CONTROL_SUBPROTOCOL });
  t.teardown(() => server.close());
  await once(server, 'listening');
  server.on('connection', (socket: WebSocket) => socket.close(1008, 'a node named box is here already'));
  const { port } = server.address() as AddressInfo;
  const service = new AbortController();
  const said: string[] = [];
  await serveAsNode({
    coordinators: [`ws://${HOST}:${nobody}`, `ws://${HOST}:${port}`],
    trust: undefined,
    token: 'token',
    name: 'box',
    version: '1',
    bind: HOST,
    advertise: undefined,
    ports: { from: 0, to: 0 },
    dialsOut: false,
    certificate: undefined,
    slots: 1,
    programs: new Map(),
    dataDirectory: undefined,
    datasets: [],
    signal: service.signal,
    say: (sentence) => {
      said.push(sentence);
      service.abort();
    },
  });
  t.same(said, [
    'Lost the connection with the coordinator: a node named box is here already; trying again until it answers',
  ]);
});

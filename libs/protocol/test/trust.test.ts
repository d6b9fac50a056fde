import { once } from 'node:events';
import { createServer as createPlainServer, request as plainRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer, request } from 'node:https';
import type { Server } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { agentFor, secured, selfSignedCertificate } from '@layerline/security';
import type { Certificate, Trust } from '@layerline/security';
import t from 'tap';
import { WebSocketServer } from 'ws';
import { dial } from '../src/index.js';
import { HOST } from './support.js';

type Test = { teardown(end: () => void): void };

const SECRET = 'a secret that strangers must not see';
const [own, other] = [await selfSignedCertificate([HOST]), await selfSignedCertificate([HOST])];
const elsewhere = await selfSignedCertificate(['elsewhere.example']);

interface SecureServer {
  readonly port: number;
  /** Requests that it has seen, upgrades among them. */
  readonly seen: IncomingMessage[];
  /** Bytes that it has read out of its TLS connections. */
  readonly bytesRead: () => number;
  readonly server: Server;
}

/** A server that answers requests, and takes WebSockets. */
async function serve(t: Test, certificate: Certificate): Promise<SecureServer> {
  const seen: IncomingMessage[] = [];
  const sockets: Socket[] = [];
  const server = createServer(secured(certificate), (incoming, response) => {
    seen.push(incoming);
    response.end('hello');
  });
  const webSockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (incoming: IncomingMessage, socket, head) => {
    seen.push(incoming);
    webSockets.handleUpgrade(incoming, socket, head, () => undefined);
  });
  server.on('secureConnection', (socket) => sockets.push(socket));
  t.teardown(() => {
    for (const client of webSockets.clients) client.terminate();
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const bytesRead = (): number => sockets.reduce((total, socket) => total + socket.bytesRead, 0);
  return { port: (server.address() as AddressInfo).port, seen, bytesRead, server };
}

async function get(port: number, trust: Trust): Promise<string> {
  const headers = { authorization: `Bearer ${SECRET}` };
  const sent = request({ host: HOST, port, headers, agent: agentFor(trust) }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

function open(address: string, trust?: Trust) {
  const how = { path: '/', subprotocol: 'test.1', maxPayload: 1024, maxFragments: 1 };
  return dial({ address, trust, secret: SECRET, peer: 'the server', ...how }, (socket) => socket);
}

const GOOD: Record<string, Trust> = {
  'its fingerprint': { fingerprint: own.fingerprint },
  'its fingerprint as other programs write it': {
    fingerprint: (own.fingerprint.toUpperCase().match(/../g) as string[]).join(':'),
  },
  'who vouches for it': { ca: own.cert },
};

for (const [what, trust] of Object.entries(GOOD)) {
  t.test(`a server known by ${what} is talked to`, async (t) => {
    const { port, seen } = await serve(t, own);
    t.equal(await get(port, trust), 'hello');
    const socket = await open(`wss://${HOST}:${port}`, trust);
    t.equal(seen.length, 2);
    for (const { headers } of seen) t.equal(headers.authorization, `Bearer ${SECRET}`);
    socket.terminate();
  });
}

t.test('another server does not hear a byte of the request, and the two fingerprints are told', async (t) => {
  const { port, seen, bytesRead, server } = await serve(t, other);
  const trust = { fingerprint: own.fingerprint };
  const refused = {
    name: 'UntrustedServerError',
    code: 'ERR_UNTRUSTED_SERVER',
    message:
      `${HOST} shows a certificate with the fingerprint ${other.fingerprint}, and the one expected is ` +
      `${own.fingerprint}. If its certificate was made anew, give the new fingerprint; if not, somebody else is answering there`,
  };
  let connections = 0;
  server.on('secureConnection', () => connections++);
  for (let times = 0; times < 5; times++) {
    await t.rejects(get(port, trust), refused);
    await t.rejects(open(`wss://${HOST}:${port}`, trust), refused);
  }
  t.equal(await get(port, { fingerprint: other.fingerprint }), 'hello', 'the server itself is well');
  t.equal(seen.length, 1, 'and has seen this request alone');
  t.ok(connections >= 1);
  t.equal(bytesRead(), seen[0]?.socket.bytesRead, 'no byte came over the other connections');
});

t.test('a server that nobody trusted vouches for, or that has another name, is refused', async (t) => {
  const { port, seen } = await serve(t, own);
  await t.rejects(get(port, 'system'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  await t.rejects(get(port, { ca: other.cert }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  for (const trust of ['system', undefined, { ca: other.cert }] as const) {
    await t.rejects(open(`wss://${HOST}:${port}`, trust), { code: 'ERR_CONNECTION_LOST', message: /self-signed/ });
  }
  const misnamed = await serve(t, elsewhere);
  await t.rejects(get(misnamed.port, { ca: elsewhere.cert }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  t.equal(seen.length + misnamed.seen.length, 0);
  t.equal(await get(misnamed.port, { fingerprint: elsewhere.fingerprint }), 'hello', 'a fingerprint goes by no name');
});

t.test('a fingerprint that is none is refused at once', (t) => {
  t.throws(() => agentFor({ fingerprint: own.fingerprint.slice(1) }), { code: 'ERR_CERTIFICATE' });
  t.end();
});

t.test('a secret for a secure server does not go out in the clear', async (t) => {
  let seen = 0;
  const server = createPlainServer(() => seen++);
  server.on('connection', () => seen++);
  t.teardown(() => server.close());
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await t.rejects(open(`ws://${HOST}:${port}`, { fingerprint: own.fingerprint }), {
    code: 'ERR_CONNECTION_LOST',
    message: /identified by a certificate, so the address must begin with wss:\/\//,
  });
  t.equal(seen, 0);
});

t.test('who speaks no TLS, or an older one, gets nothing from a secure server', async (t) => {
  const { port, seen } = await serve(t, own);
  const plain = plainRequest({ host: HOST, port }).end();
  const [hungUp] = (await once(plain, 'error')) as [NodeJS.ErrnoException];
  t.match(hungUp.code, /ECONNRESET|EPIPE|HPE_/);
  const old = connectSecurely({ host: HOST, port, maxVersion: 'TLSv1.2', rejectUnauthorized: false });
  const [tooOld] = (await once(old, 'error')) as [NodeJS.ErrnoException];
  t.match(tooOld.message, /alert protocol version/);
  t.equal(seen.length, 0);
  t.equal(await get(port, { fingerprint: own.fingerprint }), 'hello');
});

t.test('an older TLS is not spoken to a server either', async (t) => {
  const { cert, key, fingerprint } = own;
  let seen = 0;
  const server = createServer({ cert, key, maxVersion: 'TLSv1.2' }, () => seen++);
  t.teardown(() => server.close());
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const trust of [{ fingerprint }, { ca: cert }, 'system'] as const) {
    await t.rejects(get(port, trust), { message: /alert protocol version/ });
  }
  t.equal(seen, 0);
});

t.test('who cannot speak TLS is not waited for', async (t) => {
  const trust = { fingerprint: own.fingerprint };
  const silent = createTcpServer((socket) => socket.on('error', () => undefined));
  const hungUpOn = new Promise((resolve) => silent.on('connection', (socket) => socket.resume().on('close', resolve)));
  t.teardown(() => silent.close());
  silent.listen(0, HOST);
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const sent = request({ host: HOST, port, agent: agentFor(trust, 50) }).end();
  const [error] = (await once(sent, 'error')) as [Error];
  t.equal(error.message, 'no TLS connection within 50 ms');
  await hungUpOn;
  const chatty = createTcpServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\n\r\n'));
  t.teardown(() => chatty.close());
  chatty.listen(0, HOST);
  await once(chatty, 'listening');
  await t.rejects(get((chatty.address() as AddressInfo).port, trust), { message: /wrong version number/ });
});

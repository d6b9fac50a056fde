import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { StoreClient } from '../src/index.js';
import { openStore, SECRET } from './support.js';

const digestOf = (bytes: Uint8Array): string => `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;

const clientOf = (origin: string, stage = 'layer-1'): StoreClient =>
  new StoreClient({ origin }, { path: '/parts', secret: SECRET }, stage);

t.test('parts go to the store with their digests and the secret', async (t) => {
  const { url, uploads } = await openStore(t, 204);
  const memory = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
  await clientOf(url).putModel(memory.subarray(7));
  await clientOf(url, '../a b/ü').putSnapshot(12, new Uint8Array(0));
  const [first, second] = uploads;
  t.match(first, {
    method: 'PUT',
    path: '/parts/model/layer-1',
    headers: { authorization: `Bearer ${SECRET}`, 'content-length': '299993' },
  });
  t.same(first?.body, Buffer.from(memory.subarray(7)));
  t.equal(first?.headers['content-digest'], digestOf(memory.subarray(7)));
  t.equal(second?.path, '/parts/snapshots/12/..%2Fa%20b%2F%C3%BC', 'a name stays one segment of the path');
  t.equal(second?.headers['content-digest'], 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:');
});

t.test('a part of a snapshot comes back, and one that was damaged on its way does not', async (t) => {
  const content = 'the state of a layer';
  const digest = digestOf(new TextEncoder().encode(content));
  const { url, uploads } = await openStore(t, 200, content, { 'content-digest': digest });
  t.equal(new TextDecoder().decode(await clientOf(url).getSnapshot(7)), content);
  t.match(uploads[0], {
    method: 'GET',
    path: '/parts/snapshots/7/layer-1',
    headers: { authorization: `Bearer ${SECRET}` },
  });
  const { url: damaged } = await openStore(t, 200, content.toUpperCase(), { 'content-digest': digest });
  await t.rejects(clientOf(damaged).getSnapshot(7), {
    code: 'ERR_STORE',
    message: 'The store failed with snapshots/7/layer-1: the digest does not match the content',
  });
});

t.test('an exchange that is cut is tried again, and one that is refused is not', async (t) => {
  let connections = 0;
  const server = createServer((request, response) => {
    if (++connections < 3) return void request.socket.destroy();
    request.resume().on('end', () => response.writeHead(connections === 3 ? 204 : 507).end('the disk is full'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await client.putSnapshot(7, new Uint8Array(10));
  t.equal(connections, 3);
  await t.rejects(client.putSnapshot(8, new Uint8Array(10)), { message: /the disk is full$/ });
  t.equal(connections, 4);
});

t.test('a store that does not take a part is told with its reason', async (t) => {
  const put = (url: string): Promise<void> => clientOf(url).putModel(new Uint8Array(10));
  const { url: full } = await openStore(t, 507, 'the disk is full');
  await t.rejects(put(full), {
    name: 'StoreError',
    code: 'ERR_STORE',
    message: 'The store failed with model/layer-1: the disk is full',
  });
  const { url: silent } = await openStore(t, 500);
  await t.rejects(put(silent), { code: 'ERR_STORE', message: /it answered with status 500$/ });
  const { url: gone } = await openStore(t);
  await t.rejects(put(gone), { code: 'ERR_STORE', message: /failed with model\/layer-1: \S/ });
  await t.rejects(put('http://127.0.0.1:1'), { code: 'ERR_STORE' });
});

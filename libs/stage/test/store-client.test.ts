import { createHash } from 'node:crypto';
import t from 'tap';
import { storePart } from '../src/index.js';
import { openStore, SECRET } from './support.js';

t.test('a part goes to the store with its digest and the secret', async (t) => {
  const { url, uploads } = await openStore(t, 204);
  const memory = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
  await storePart({ url, secret: SECRET }, 'layer-1', memory.subarray(7));
  await storePart({ url, secret: SECRET }, '../a b/ü', new Uint8Array(0));
  const [first, second] = uploads;
  t.match(first, {
    method: 'PUT',
    path: '/model/layer-1',
    headers: { authorization: `Bearer ${SECRET}`, 'content-length': '299993' },
  });
  t.same(first?.body, Buffer.from(memory.subarray(7)));
  const digest = createHash('sha256').update(memory.subarray(7)).digest('base64');
  t.equal(first?.headers['content-digest'], `sha-256=:${digest}:`);
  t.equal(second?.path, '/model/..%2Fa%20b%2F%C3%BC', 'a name stays one segment of the path');
  t.equal(second?.headers['content-digest'], 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:');
});

t.test('a store that does not take a part is told with its reason', async (t) => {
  const part = new Uint8Array(10);
  const { url: full } = await openStore(t, 507, 'the disk is full');
  await t.rejects(storePart({ url: full, secret: SECRET }, 'layer-1', part), {
    name: 'StoreError',
    code: 'ERR_STORE',
    message: 'The model store did not take layer-1: the disk is full',
  });
  const { url: silent } = await openStore(t, 500);
  await t.rejects(storePart({ url: silent, secret: SECRET }, 'layer-1', part), {
    code: 'ERR_STORE',
    message: /it answered with status 500$/,
  });
  const { url: gone } = await openStore(t);
  await t.rejects(storePart({ url: gone, secret: SECRET }, 'layer-1', part), {
    code: 'ERR_STORE',
    message: /did not take layer-1: \S/,
  });
  await t.rejects(storePart({ url: 'http://127.0.0.1:1', secret: SECRET }, 'layer-1', part), { code: 'ERR_STORE' });
});

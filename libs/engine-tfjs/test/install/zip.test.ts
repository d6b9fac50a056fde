import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ZipArchive } from '../../src/install/zip.js';
import { makeZip } from './make-zip.js';

const LONG = 'goodness '.repeat(100_000);
const FILES = { 'a/long.txt': LONG, 'stored.txt': 'as it is', 'empty.txt': '' };

await t.test('files come out as they went in, deflated, stored and empty', async (t) => {
  const folder = t.testdir({ 'a.zip': makeZip(FILES, ['stored.txt', 'empty.txt']) });
  const archive = await ZipArchive.open(join(folder, 'a.zip'));
  t.same([...archive.entries.keys()], Object.keys(FILES));
  for (const [index, [name, content]] of Object.entries(FILES).entries()) {
    const target = join(folder, `out-${index}`);
    await archive.extract(name, target);
    t.equal(readFileSync(target, 'utf8'), content, name);
  }
  const missing = archive.extract('b.txt', join(folder, 'b'));
  await t.rejects(missing, { code: 'ERR_INSTALL_LIBRARY_DAMAGED', message: /there is no b\.txt in it$/ });
  await archive.close();
});

await t.test('a comment at the end is passed over', async (t) => {
  const zip = Buffer.concat([makeZip(FILES), Buffer.from('a remark')]);
  zip.writeUInt16LE(8, zip.length - 10);
  const archive = await ZipArchive.open(join(t.testdir({ 'a.zip': zip }), 'a.zip'));
  t.equal(archive.entries.size, 3);
  await archive.close();
});

await t.test('damage is found wherever it is', async (t) => {
  const whole = makeZip(FILES, ['stored.txt']);
  const folder = t.testdir();
  const path = join(folder, 'a.zip');
  const open = (bytes: Buffer): Promise<ZipArchive> => {
    writeFileSync(path, bytes);
    return ZipArchive.open(path);
  };
  const code = 'ERR_INSTALL_LIBRARY_DAMAGED';
  await t.rejects(open(whole.subarray(0, whole.length - 30)), { code, message: /as when a download broke off$/ });
  await t.rejects(open(Buffer.alloc(0)), { code });

  const flip = (text: string, by = 0): Buffer => {
    const bytes = Buffer.from(whole);
    const at = bytes.indexOf(text, 0, 'latin1') + by;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x55, at);
    return bytes;
  };
  await t.rejects(open(flip('PK\x01\x02')), { code, message: /its directory is not one$/ });
  for (const [what, bytes, name] of [
    ['the bytes of a stored file', flip('as it is'), 'stored.txt'],
    ['the header of a deflated one', flip('PK\x03\x04'), 'a/long.txt'],
    ['its first block', flip('XX\x02\x00ab', 6), 'a/long.txt'],
  ] as const) {
    const archive = await open(bytes);
    await t.rejects(archive.extract(name, join(folder, what)), { code }, what);
    await archive.close();
  }
});

await t.test('an extraction that is stopped ends with the reason', async (t) => {
  const folder = t.testdir({ 'a.zip': makeZip(FILES) });
  const archive = await ZipArchive.open(join(folder, 'a.zip'));
  const abort = new AbortController();
  const extraction = archive.extract('a/long.txt', join(folder, 'out'), abort.signal);
  const reason = new Error('enough');
  abort.abort(reason);
  await t.rejects(extraction, reason);
  await archive.close();
});

import { readFileSync, statSync, writeFileSync } from 'node:fs';
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
  await t.rejects(missing, {
    code: 'ERR_INSTALL_LIBRARY_DAMAGED',
    message: /b\.txt is missing from it; fetch it again$/,
  });
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
  await t.rejects(open(whole.subarray(0, whole.length - 30)), {
    code,
    message: /cannot be read \(.+ file is truncated\)/,
  });
  await t.rejects(open(Buffer.alloc(0)), { code });
  await t.rejects(ZipArchive.open(join(folder, 'absent.zip')), { code: 'ENOENT' }, 'which is not damage');

  const flip = (text: string, by = 0): Buffer => {
    const bytes = Buffer.from(whole);
    const at = bytes.indexOf(text, 0, 'latin1') + by;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x55, at);
    return bytes;
  };
  await t.rejects(open(flip('PK\x01\x02')), { code, message: /its directory cannot be read/ });
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

await t.test('names that lead out of the folder are refused', async (t) => {
  const folder = t.testdir();
  for (const name of ['../escape.h', 'a/../../escape.h', '/escape.h', 'C:/escape.h', '..\\escape.h']) {
    const path = join(folder, 'a.zip');
    writeFileSync(path, makeZip({ ...FILES, [name]: 'out' }));
    await t.rejects(ZipArchive.open(path), { code: 'ERR_INSTALL_LIBRARY_DAMAGED' }, name);
  }
});

await t.test('a file that unpacks to more than it says, or than is allowed, is refused', async (t) => {
  const folder = t.testdir();
  const extract = async (size: number): Promise<void> => {
    const zip = makeZip({ 'a.txt': LONG });
    zip.writeUInt32LE(size, zip.indexOf('PK\x01\x02', 0, 'latin1') + 24);
    writeFileSync(join(folder, 'a.zip'), zip);
    const archive = await ZipArchive.open(join(folder, 'a.zip'));
    await archive.extract('a.txt', join(folder, `out-${size}`)).finally(() => archive.close());
  };
  const code = 'ERR_INSTALL_LIBRARY_DAMAGED';
  await extract(LONG.length);
  await t.rejects(extract(1000), { code, message: /a\.txt does not unpack \(too many bytes/ });
  t.ok(statSync(join(folder, 'out-1000')).size <= 1000, 'no more than that is written');
  await t.rejects(extract(2 ** 31 + 1), { code, message: /a\.txt claims to take more than 2 GiB/ });
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

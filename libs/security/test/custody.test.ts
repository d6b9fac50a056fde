import { chmodSync, chownSync, lchownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkStateFolder, keptCertificate, keptToken, newSecret, readCertificate, readToken } from '../src/index.js';

const SOMEBODY = 54_321;
const NO_MODES = process.platform === 'win32' && 'Windows has no modes';
const NOT_ROOT = process.getuid?.() !== 0 && 'only root can give a file away';
const WRITABLE = [0o720, 0o702, 0o770, 0o777, 0o1777];

t.test('a token file of another user is refused, whatever its mode', { skip: NOT_ROOT }, (t) => {
  const file = join(t.testdir(), 'token');
  const token = keptToken(file);
  chownSync(file, SOMEBODY, SOMEBODY);
  const message = `The token file ${file} belongs to another user, who can change it: use a copy of your own`;
  for (const mode of [0o600, 0o400, 0o644]) {
    chmodSync(file, mode);
    for (const read of [readToken, keptToken]) t.throws(() => read(file), { code: 'ERR_TOKEN', message });
  }
  chownSync(file, 0, SOMEBODY);
  chmodSync(file, 0o600);
  t.equal(readToken(file), token);
  t.end();
});

t.test('a key file of another user is refused, whatever its mode', { skip: NOT_ROOT }, async (t) => {
  const folder = t.testdir();
  const made = await keptCertificate(folder, []);
  const [cert, key] = [join(folder, 'cert'), join(folder, 'key')];
  writeFileSync(cert, made.cert);
  writeFileSync(key, made.key, { mode: 0o600 });
  chownSync(cert, SOMEBODY, SOMEBODY);
  t.equal(readCertificate(cert, key).key, made.key, 'a certificate is no secret');
  chownSync(key, SOMEBODY, SOMEBODY);
  const message = `The key file ${key} belongs to another user, who can change it: use a copy of your own`;
  t.throws(() => readCertificate(cert, key), { code: 'ERR_CERTIFICATE', message });
  const kept = join(folder, 'certificate.pem');
  chownSync(kept, SOMEBODY, SOMEBODY);
  await t.rejects(keptCertificate(folder, []), {
    code: 'ERR_CERTIFICATE',
    message: /certificate\.pem belongs to another/,
  });
});

t.test('a key file that others can change is refused', { skip: NO_MODES }, async (t) => {
  const folder = t.testdir();
  await keptCertificate(folder, []);
  const file = join(folder, 'certificate.pem');
  for (const mode of [0o620, 0o602, 0o666]) {
    chmodSync(file, mode);
    const message = `Others can change the key file ${file}: run chmod 600 ${file}`;
    t.throws(() => readCertificate(file, file), { code: 'ERR_CERTIFICATE', message }, mode.toString(8));
  }
});

t.test('nothing is kept in a folder that others can write to, nor read from there', { skip: NO_MODES }, async (t) => {
  const folder = join(t.testdir(), 'state');
  mkdirSync(folder);
  const problem = `Others can write to the folder ${folder}: run chmod go-w ${folder}`;
  const refuse = async (mode: number): Promise<void> => {
    chmodSync(folder, mode);
    t.throws(() => checkStateFolder(folder), { name: 'StateFolderError', code: 'ERR_STATE_FOLDER', message: problem });
    const file = join(folder, 'token');
    t.throws(() => keptToken(file), { code: 'ERR_TOKEN', message: `Cannot keep a token at ${file}: ${problem}` });
    const certificate = join(folder, 'certificate.pem');
    await t.rejects(keptCertificate(folder, []), {
      code: 'ERR_CERTIFICATE',
      message: `Cannot keep a certificate at ${certificate}: ${problem}`,
    });
  };
  for (const mode of WRITABLE) await refuse(mode);
  t.same(readdirSync(folder), []);
  for (const mode of [0o700, 0o755]) {
    chmodSync(folder, mode);
    keptToken(join(folder, 'token'));
    await keptCertificate(folder, []);
  }
  for (const mode of WRITABLE) await refuse(mode);
});

t.test('nothing is kept in a folder of another user', { skip: NOT_ROOT }, async (t) => {
  const folder = join(t.testdir(), 'state');
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, SOMEBODY, SOMEBODY);
  const problem = `The folder ${folder} belongs to another user: name one of your own, or remove it`;
  t.throws(() => checkStateFolder(folder), { code: 'ERR_STATE_FOLDER', message: problem });
  t.throws(() => keptToken(join(folder, 'token')), { code: 'ERR_TOKEN', message: new RegExp(problem) });
  await t.rejects(keptCertificate(folder, []), { code: 'ERR_CERTIFICATE', message: new RegExp(problem) });
  t.same(readdirSync(folder), []);
});

t.test('who owns a link to a token says nothing, who owns the file does', { skip: NOT_ROOT }, (t) => {
  const folder = t.testdir({ link: t.fixture('symlink', 'file') });
  writeFileSync(join(folder, 'file'), newSecret(), { mode: 0o600 });
  lchownSync(join(folder, 'link'), SOMEBODY, SOMEBODY);
  t.ok(readToken(join(folder, 'link')));
  chownSync(join(folder, 'file'), SOMEBODY, SOMEBODY);
  t.throws(() => readToken(join(folder, 'link')), { code: 'ERR_TOKEN', message: /belongs to another user/ });
  t.end();
});

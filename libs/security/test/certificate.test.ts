import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { keptCertificate, plainFingerprint, readCertificate, selfSignedCertificate } from '../src/index.js';

const YEAR_MS = 365 * 24 * 3600 * 1000;

t.test('a self-signed certificate carries the names that it is for, and lasts', async (t) => {
  const { cert, key, fingerprint } = await selfSignedCertificate(['node-1.example', '192.0.2.7', '2001:db8::7']);
  const parsed = new X509Certificate(cert);
  t.equal(parsed.checkHost('node-1.example'), 'node-1.example');
  t.equal(parsed.checkIP('192.0.2.7'), '192.0.2.7');
  t.equal(parsed.checkIP('2001:db8::7'), '2001:db8::7');
  t.equal(parsed.checkHost('node-2.example'), undefined);
  t.equal(parsed.checkIP('192.0.2.8'), undefined);
  t.match(parsed.publicKey.asymmetricKeyDetails, { namedCurve: 'prime256v1' });
  t.ok(parsed.checkPrivateKey(createPrivateKey(key)));
  t.ok(Date.parse(parsed.validTo) > Date.now() + 9 * YEAR_MS);
  t.ok(Date.parse(parsed.validFrom) <= Date.now());
  t.equal(fingerprint, createHash('sha256').update(parsed.raw).digest('hex'));
});

t.test('two certificates are never the same, and one may have no name', async (t) => {
  const [first, second] = [await selfSignedCertificate([]), await selfSignedCertificate([])];
  t.not(first.fingerprint, second.fingerprint);
  t.not(first.key, second.key);
  t.equal(new X509Certificate(first.cert).checkHost('localhost'), undefined);
});

t.test('a kept certificate is made once, and stays with its owner', async (t) => {
  const folder = join(t.testdir(), 'a', 'b');
  const made = await keptCertificate(folder, ['localhost']);
  const path = join(folder, 'certificate.pem');
  const bytes = readFileSync(path, 'utf8');
  chmodSync(path, 0o644);
  t.same(await keptCertificate(folder, ['other.example']), made);
  t.equal(readFileSync(path, 'utf8'), bytes);
  if (process.platform !== 'win32') t.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, 'damaged');
  await t.rejects(keptCertificate(folder, []), { code: 'ERR_CERTIFICATE', message: /holds no certificate in PEM/ });
  await t.rejects(keptCertificate(path, []), { code: 'ERR_CERTIFICATE', message: /^Cannot keep a certificate at / });
});

t.test('files of the user are read, and what is wrong with them is told', async (t) => {
  const folder = t.testdir();
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const [own, other] = [await selfSignedCertificate(['a.example']), await selfSignedCertificate(['a.example'])];
  const cert = write('cert.pem', own.cert);
  const key = write('key.pem', own.key);
  const warnings: string[] = [];
  const warn = (warning: string): unknown => warnings.push(warning);
  t.same(readCertificate(cert, key, warn), { cert: own.cert, key: own.key, fingerprint: own.fingerprint });
  const both = write('both.pem', own.key + own.cert);
  t.equal(readCertificate(both, both, warn).fingerprint, own.fingerprint, 'in one file');
  t.same(warnings, []);
  if (process.platform !== 'win32') {
    chmodSync(key, 0o640);
    t.equal(readCertificate(cert, key, warn).fingerprint, own.fingerprint);
    t.same(warnings, [`Others can read the key in ${key}: run chmod 600 ${key}`]);
  }
  const locked = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
  }).privateKey;
  const missing = join(folder, 'missing.pem');
  const wrong: [string, string, RegExp][] = [
    [missing, key, /^Cannot read .*missing\.pem: ENOENT/],
    [cert, missing, /^Cannot read .*missing\.pem: ENOENT/],
    [write('text', 'hello'), key, /text holds no certificate in PEM: /],
    [key, key, /key\.pem holds no certificate in PEM: /],
    [cert, cert, /cert\.pem holds no private key in PEM without a passphrase: /],
    [cert, write('empty', ''), /empty holds no private key in PEM without a passphrase: /],
    [cert, write('locked.pem', locked), /locked\.pem holds no private key in PEM without a passphrase: /],
    [
      cert,
      write('other.pem', other.key),
      /^The key in .*other\.pem does not belong to the certificate in .*cert\.pem$/,
    ],
  ];
  for (const [certFile, keyFile, message] of wrong) {
    t.throws(() => readCertificate(certFile, keyFile), { name: 'CertificateError', code: 'ERR_CERTIFICATE', message });
  }
});

t.test('a fingerprint may be written as other programs do', (t) => {
  const plain = '0123456789abcdef'.repeat(4);
  const pairs = plain.match(/../g) as string[];
  for (const text of [plain, plain.toUpperCase(), pairs.join(':'), pairs.join(':').toUpperCase()]) {
    t.equal(plainFingerprint(text), plain);
  }
  for (const text of ['', plain.slice(1), `${plain}0`, `g${plain.slice(1)}`, `${plain} `, 'sha256'.padEnd(64, '0')]) {
    t.throws(() => plainFingerprint(text), { code: 'ERR_CERTIFICATE', message: /64 hexadecimal digits/ }, text);
  }
  t.end();
});

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { readToken } from '../src/authority.js';
import { keptCertificate, readAuthorities, readCertificate } from '../src/certificate.js';

t.test(
  'secrets and certificates are read from plain files, up to a limit',
  { skip: process.platform === 'win32' && 'no such files' },
  async (t) => {
    const folder = t.testdir({ large: 'x'.repeat(2 ** 20 + 1) });
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    await keptCertificate(folder, ['localhost']);
    const certificate = join(folder, 'certificate.pem');
    for (const [path, why] of [
      [pipe, 'it is a pipe, not a plain file'],
      ['/dev/zero', 'it is a device, not a plain file'],
      [folder, 'it is a directory, not a plain file'],
      [join(folder, 'large'), 'it holds more than 1048576 bytes'],
    ] as const) {
      const unreadable = { code: 'ERR_CERTIFICATE', message: `Cannot read ${path}: ${why}` };
      t.throws(() => readToken(path), { code: 'ERR_TOKEN', message: `Cannot read the token file ${path}: ${why}` });
      t.throws(() => readAuthorities(path), unreadable);
      t.throws(() => readCertificate(path, certificate), unreadable);
      t.throws(() => readCertificate(certificate, path), unreadable);
    }
    t.match(readAuthorities(certificate), /^-----BEGIN CERTIFICATE-----/m);
    t.throws(() => readAuthorities('/dev/null'), { code: 'ERR_CERTIFICATE' });
  },
);

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { CertificateError } from './errors.js';
import {
  isForeign,
  isOpenToOthers,
  isWritableByOthers,
  keepOnce,
  makeStateFolder,
  PRIVATE_FILE,
  readSecret,
} from './kept-file.js';

const YEARS_VALID = 10;

/** What a server proves who it is with. */
export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** SHA-256 of the certificate in DER, in lower-case hexadecimal. */
  readonly fingerprint: string;
}

/** Makes a certificate that nobody vouches for: peers know it by its fingerprint. @param names host names and addresses */
export async function selfSignedCertificate(names: readonly string[]): Promise<Certificate> {
  // Loaded only here: a stage has no use for what it takes to make one.
  const { default: selfsigned } = await import('selfsigned');
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + YEARS_VALID);
  const altNames = names.map((name) =>
    isIP(name) === 0 ? ({ type: 2, value: name } as const) : ({ type: 7, ip: name } as const),
  );
  const { cert, private: key } = await selfsigned.generate([{ name: 'commonName', value: 'layerline' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate,
    extensions: altNames.length === 0 ? [] : [{ name: 'subjectAltName', altNames }],
  });
  return { cert, key, fingerprint: fingerprintOf(cert) };
}

/**
 * The certificate in a folder, made where there is none yet. Two processes that make it at once get the same one.
 * @throws CertificateError where what is there cannot be used, or others can write to the folder
 */
export async function keptCertificate(folder: string, names: readonly string[]): Promise<Certificate> {
  const path = join(folder, 'certificate.pem');
  attempt(() => makeStateFolder(folder), `Cannot keep a certificate at ${path}`);
  if (!existsSync(path)) {
    const { cert, key } = await selfSignedCertificate(names);
    attempt(() => keepOnce(path, key + cert), `Cannot keep a certificate at ${path}`);
  }
  attempt(() => chmodSync(path, PRIVATE_FILE), `Cannot keep ${path} from others`);
  return readCertificate(path, path);
}

/**
 * Reads a certificate and its key from files of the user's, which may be one.
 * @param warn told where others can read the key: another program may have to, so it is no error
 * @throws CertificateError that says which file is wrong, and how; also where users other than this one and root can
 * change the key
 */
export function readCertificate(certFile: string, keyFile: string, warn?: (warning: string) => void): Certificate {
  const cert = attempt(() => readSecret(certFile).text, `Cannot read ${certFile}`);
  const { text: key, access } = attempt(() => readSecret(keyFile), `Cannot read ${keyFile}`);
  if (isForeign(access)) {
    throw new CertificateError(
      `The key file ${keyFile} belongs to another user, who can change it: use a copy of your own`,
    );
  }
  if (isWritableByOthers(access)) {
    throw new CertificateError(`Others can change the key file ${keyFile}: run chmod 600 ${keyFile}`);
  }
  const certificate = attempt(() => new X509Certificate(cert), `${certFile} holds no certificate in PEM`);
  const privateKey = attempt(
    () => createPrivateKey(key),
    `${keyFile} holds no private key in PEM without a passphrase`,
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateError(`The key in ${keyFile} does not belong to the certificate in ${certFile}`);
  }
  if (isOpenToOthers(access)) warn?.(`Others can read the key in ${keyFile}: run chmod 600 ${keyFile}`);
  return { cert, key, fingerprint: fingerprintOf(cert) };
}

/** Reads the certificates of authorities to trust, in PEM. @throws CertificateError if there is none in the file */
export function readAuthorities(file: string): string {
  const { text } = attempt(() => readSecret(file), `Cannot read ${file}`);
  attempt(() => new X509Certificate(text), `${file} holds no certificate in PEM`);
  return text;
}

function fingerprintOf(cert: string): string {
  return plainFingerprint(new X509Certificate(cert).fingerprint256);
}

/** A fingerprint as we write it: `AB:CD…` becomes `abcd…`. @throws CertificateError for anything else */
export function plainFingerprint(text: string): string {
  const plain = text.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(plain)) return plain;
  throw new CertificateError(
    `"${text}" is not the SHA-256 fingerprint of a certificate, which has 64 hexadecimal digits`,
  );
}

function attempt<Result>(act: () => Result, problem: string): Result {
  try {
    return act();
  } catch (error) {
    throw new CertificateError(`${problem}: ${(error as Error).message}`, { cause: error });
  }
}

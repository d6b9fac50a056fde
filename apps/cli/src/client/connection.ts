import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@layerline/plan';
import { checkedToken, plainFingerprint, readToken } from '@layerline/security';
import type { Principal, Trust } from '@layerline/security';
import envPaths from 'env-paths';
import * as z from 'zod';

/** How a coordinator is reached, and what is shown to it. */
export interface Connection {
  /** `ws://host:port` or `wss://host:port`, without a path; one or several of the same coordinator's. */
  readonly addresses: readonly string[];
  readonly trust: Trust | undefined;
  readonly token: string;
}

/** Options of every command that talks to a coordinator. */
export interface ConnectionOptions {
  readonly coordinator?: string;
  readonly tokenFile?: string;
  readonly fingerprint?: string;
  readonly ca?: string;
  readonly insecure?: true;
}

/** What a coordinator leaves on its machine for those who talk to it from there. */
export const localCoordinator = z.object({ address: z.string(), fingerprint: z.string().optional() });

/** Where a coordinator keeps its certificate and tokens, unless told otherwise. */
export function stateFolder(): string {
  return join(envPaths('layerline', { suffix: '' }).data, 'coordinator');
}

export function tokenFile(folder: string, principal: Principal): string {
  return join(folder, `${principal}.token`);
}

export function addressFile(folder: string): string {
  return join(folder, 'address.json');
}

/**
 * Puts together how to reach the coordinator: from options, else the environment, else what a coordinator on this machine
 * has left in its folder.
 * @param principal whose token is taken from there
 * @throws ConfigError, TokenError, CertificateError that say what is missing
 */
export function connectionOf(options: ConnectionOptions, principal: Principal, environment = process.env): Connection {
  const address = options.coordinator ?? environment['LAYERLINE_COORDINATOR'];
  const local = readLocal();
  if (address === undefined && local === undefined) {
    throw new ConfigError(
      'coordinator: which one? Give --coordinator wss://host:port (or LAYERLINE_COORDINATOR), or start one here with ' +
        'layerline coordinator',
    );
  }
  const addresses = (address ?? local?.address ?? '').split(',').map((text) => checkAddress(text, options.insecure));
  const known = addresses.some((text) => text === local?.address) ? local?.fingerprint : undefined;
  const fingerprint = options.fingerprint ?? environment['LAYERLINE_FINGERPRINT'] ?? known;
  const isSecure = addresses.some((text) => text.startsWith('wss:'));
  return {
    addresses,
    trust: isSecure ? trustOf(fingerprint, options.ca) : undefined,
    token: findToken(options, principal, environment),
  };
}

function trustOf(fingerprint: string | undefined, ca: string | undefined): Trust {
  if (fingerprint !== undefined) return { fingerprint: plainFingerprint(fingerprint) };
  if (ca === undefined) return 'system';
  if (!existsSync(ca)) throw new ConfigError(`ca: there is no file ${ca}`);
  return { ca: readFileSync(ca, 'utf8') };
}

function findToken(options: ConnectionOptions, principal: Principal, environment: NodeJS.ProcessEnv): string {
  if (options.tokenFile !== undefined) return readToken(options.tokenFile);
  const given = environment['LAYERLINE_TOKEN'];
  if (given !== undefined && given !== '') return checkedToken(given, 'LAYERLINE_TOKEN');
  const file = tokenFile(stateFolder(), principal);
  if (existsSync(file)) return readToken(file);
  throw new ConfigError(
    `tokenFile: the coordinator wants a token of a ${principal}: give the file that has it with --token-file, or LAYERLINE_TOKEN`,
  );
}

function readLocal(): z.infer<typeof localCoordinator> | undefined {
  try {
    return localCoordinator.parse(JSON.parse(readFileSync(addressFile(stateFolder()), 'utf8')));
  } catch {
    return undefined;
  }
}

function checkAddress(text: string, insecure: true | undefined): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['ws:', 'wss:'].includes(url.protocol) || url.host === '') {
    throw new ConfigError(
      `coordinator: "${text}" is no address: it looks like wss://host:7878, or ws://127.0.0.1:7878`,
    );
  }
  if (url.protocol === 'ws:' && !isLoopback(url.hostname) && insecure !== true) {
    throw new ConfigError(
      `coordinator: ${text} would carry the token in the clear: take wss://, or --insecure on a network that you trust`,
    );
  }
  return `${url.protocol}//${url.host}`;
}

/** Whether an address can be reached from its own machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

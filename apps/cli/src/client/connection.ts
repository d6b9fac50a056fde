import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from '@layerline/plan';
import { checkedToken, plainFingerprint, readAuthorities, readToken } from '@layerline/security';
import type { Principal, Trust } from '@layerline/security';
import { expandHome, variable } from '../environment.js';
import { isLoopback, liveCoordinators, userFolder } from './coordinators.js';
import type { Registration } from './coordinators.js';
import { isProfileName, LOCAL, profileInUse, readProfile } from './profiles.js';
import type { Profile } from './profiles.js';

/** How to reach a coordinator, and the token to present to it. */
export interface Connection {
  /** `ws://host:port` or `wss://host:port`, without a path: one or more, all of them tried in turn. */
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

/** Options of a connection as the command line has them, without those that have no value. */
export function definedOf(options: {
  readonly [Key in keyof ConnectionOptions]: ConnectionOptions[Key] | undefined;
}): ConnectionOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Where a coordinator keeps its certificate and tokens, unless told otherwise. */
export function stateFolder(): string {
  return join(userFolder(), 'coordinator');
}

export function tokenFile(folder: string, principal: Principal): string {
  return join(folder, `${principal}.token`);
}

/** No coordinator is named, and none of this user's is running on this machine. */
export class NoCoordinatorError extends ConfigError {
  constructor(message: string) {
    super(message);
    this.name = 'NoCoordinatorError';
  }
}

/** Whether a coordinator is named, in the options or in the environment; a profile in use names none. */
export function isNamed({ coordinator }: ConnectionOptions, environment = process.env): boolean {
  return (coordinator ?? variable('LAYERLINE_COORDINATOR', environment)) !== undefined;
}

/**
 * How to reach the coordinator that is meant: the one in the options, or else in the environment, or else of the profile in
 * use, or else the only one that `layerline coordinator` has started on this machine.
 * @param principal whose token to present
 * @throws ConfigError, TokenError, CertificateError, StateFolderError that say what is missing or wrong
 */
export function connectionOf(given: ConnectionOptions, principal: Principal, environment = process.env): Connection {
  const { address, ...options } = withProfile(given, environment);
  if (address !== undefined) return connectionAt(address, options, principal, environment);
  const known = liveCoordinators().filter(({ kind }) => kind === 'cluster');
  const [only, another] = known;
  if (only === undefined) {
    throw new NoCoordinatorError(
      'coordinator: none is running here: start one with layerline coordinator, or give the address or the profile of another ' +
        'with --coordinator wss://host:port (or LAYERLINE_COORDINATOR)',
    );
  }
  if (another !== undefined) throw severalOf(known);
  return registeredConnection(only, options, principal);
}

/**
 * How to reach each coordinator that could be meant: the one in the options, in the environment or of the profile in use, or
 * else all of this user's on this machine, including those of trainings.
 * @throws as {@link connectionOf} does, and NoCoordinatorError if there is none
 */
export function connectionsOf(
  options: ConnectionOptions,
  principal: Principal,
  environment = process.env,
): Connection[] {
  const known = knownConnections(options, principal, environment);
  if (known.length === 0) {
    throw new NoCoordinatorError(
      'coordinator: none of yours is running here: start a training or layerline coordinator, or give the address of one with ' +
        '--coordinator wss://host:port (or LAYERLINE_COORDINATOR)',
    );
  }
  return known;
}

/** Like {@link connectionsOf}, but none where there is none. @throws as {@link connectionOf} does for one that is named */
export function knownConnections(
  given: ConnectionOptions,
  principal: Principal,
  environment = process.env,
): Connection[] {
  const { address, ...options } = withProfile(given, environment);
  if (address !== undefined) return [connectionAt(address, options, principal, environment)];
  return liveCoordinators().map((each) => registeredConnection(each, options, principal));
}

/** What a coordinator is reached with, besides its address. */
type Means = Omit<ConnectionOptions, 'coordinator'>;

/**
 * The address of the coordinator that is named, by the options, the environment or the profile in use, with what its profile
 * has, if it is a profile's name; what the options have comes first. Without an address it is one on this machine.
 */
function withProfile(
  { coordinator, ...options }: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
): Means & { readonly address?: string } {
  const named = coordinator ?? variable('LAYERLINE_COORDINATOR', environment) ?? profileInUse();
  if (named === undefined || named === LOCAL) return options;
  if (!isProfileName(named)) return { ...options, address: named };
  const { coordinator: address, fingerprint, ...means } = readProfile(named);
  // Certificates that are given say whom to trust in place of the fingerprint.
  const trusted = options.ca === undefined && fingerprint !== undefined ? { fingerprint } : {};
  return { ...definedOf({ ...means, ...trusted, ...options }), address };
}

/**
 * A connection as a profile keeps it: its files, which have to be there and in order, by their absolute paths.
 * @throws ConfigError, TokenError, CertificateError
 */
export function checkedProfile(given: ConnectionOptions & { readonly coordinator: string }): Profile {
  const { coordinator, fingerprint, ca, tokenFile, insecure } = given;
  for (const text of coordinator.split(',')) checkAddress(text, insecure);
  if (ca !== undefined) readAuthorities(ca);
  if (tokenFile !== undefined) readToken(tokenFile, true);
  return {
    coordinator,
    ...(fingerprint !== undefined && { fingerprint: plainFingerprint(fingerprint) }),
    ...(ca !== undefined && { ca: resolve(ca) }),
    ...(tokenFile !== undefined && { tokenFile: resolve(tokenFile) }),
    ...(insecure && { insecure }),
  };
}

function severalOf(known: readonly Registration[]): ConfigError {
  const addresses = known.map(({ address }) => address).join(', ');
  return new ConfigError(`coordinator: several of yours are running here: choose one with --coordinator: ${addresses}`);
}

function registeredConnection(
  { address, fingerprint, tokens }: Registration,
  { tokenFile }: Means,
  principal: Principal,
): Connection {
  return {
    addresses: [address],
    trust: fingerprint === undefined ? undefined : { fingerprint },
    token: tokenFile === undefined ? tokens[principal] : readToken(tokenFile, true),
  };
}

function connectionAt(
  address: string,
  options: Means,
  principal: Principal,
  environment: NodeJS.ProcessEnv,
): Connection {
  const addresses = address.split(',').map((text) => checkAddress(text, options.insecure));
  const known = liveCoordinators().find((each) => addresses.includes(each.address));
  const fingerprint = options.fingerprint ?? variable('LAYERLINE_FINGERPRINT', environment) ?? known?.fingerprint;
  const isSecure = addresses.some((text) => text.startsWith('wss:'));
  return {
    addresses,
    trust: isSecure ? trustOf(fingerprint, options.ca) : undefined,
    token: findToken(options, principal, known, environment),
  };
}

function trustOf(fingerprint: string | undefined, ca: string | undefined): Trust {
  if (fingerprint !== undefined) return { fingerprint: plainFingerprint(fingerprint) };
  if (ca === undefined) return 'system';
  return { ca: readAuthorities(ca) };
}

function findToken(
  options: Means,
  principal: Principal,
  known: Registration | undefined,
  environment: NodeJS.ProcessEnv,
): string {
  if (options.tokenFile !== undefined) return readToken(options.tokenFile, true);
  const named = variable('LAYERLINE_TOKEN_FILE', environment);
  if (named !== undefined) return readToken(expandHome(named), true);
  const given = variable('LAYERLINE_TOKEN', environment);
  if (given !== undefined) return checkedToken(given, 'LAYERLINE_TOKEN');
  if (known !== undefined) return known.tokens[principal];
  const file = tokenFile(stateFolder(), principal);
  if (existsSync(file)) return readToken(file);
  throw new ConfigError(
    `tokenFile: the coordinator needs the ${principal} token: name its file with --token-file or LAYERLINE_TOKEN_FILE, or set LAYERLINE_TOKEN`,
  );
}

function checkAddress(text: string, insecure: true | undefined): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['ws:', 'wss:'].includes(url.protocol) || url.host === '') {
    throw new ConfigError(`coordinator: "${text}" is not an address such as wss://host:7878 or ws://127.0.0.1:7878`);
  }
  if (url.protocol === 'ws:' && !isLoopback(url.hostname) && insecure !== true) {
    throw new ConfigError(
      `coordinator: ${text} would send the token unencrypted: use wss://, or --insecure on a network that you trust`,
    );
  }
  return `${url.protocol}//${url.host}`;
}

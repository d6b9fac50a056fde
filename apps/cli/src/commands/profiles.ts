import { checkedProfile } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import {
  LOCAL,
  profileInUse,
  profileNames,
  readProfile,
  removeProfile,
  useProfile,
  writeProfile,
} from '../client/profiles.js';
import { commandLine } from '../display/command-line.js';
import { printLine } from '../display/print-line.js';
import { table } from '../display/table.js';

/** `layerline profiles`: the profiles of coordinators, and which is in use. @returns the exit code */
export function profiles({ json }: { readonly json: boolean }): number {
  const inUse = profileInUse();
  const all = profileNames().map((name) => ({ name, inUse: name === inUse, ...readProfile(name) }));
  if (json) process.stdout.write(`${JSON.stringify(all)}\n`);
  else if (all.length === 0)
    printLine('There are no profiles yet: layerline profiles add NAME --coordinator wss://host:port');
  else {
    const rows = all.map(({ name, inUse, coordinator, tokenFile = '', fingerprint, ca, insecure }) => {
      const trust = fingerprint === undefined ? (ca ?? '') : `${fingerprint.slice(0, 8)}…`;
      return [inUse ? '*' : '', name, coordinator, tokenFile, insecure === true ? 'insecure' : trust];
    });
    process.stdout.write(table(['', 'profile', 'coordinator', 'token file', 'trust'], rows));
  }
  return 0;
}

/** `layerline profiles add NAME`. @returns the exit code @throws ConfigError, TokenError, CertificateError */
export function addProfile(
  name: string,
  { replace, ...given }: ConnectionOptions & { readonly coordinator: string; readonly replace: boolean },
): number {
  writeProfile(name, checkedProfile(given), replace);
  printLine(`Profile ${name} is kept: ${commandLine('status', '--coordinator', name)}`);
  return 0;
}

/** `layerline profiles rm NAME`. @returns the exit code @throws ConfigError if there is none of that name */
export function forgetProfile(name: string): number {
  const wasInUse = profileInUse() === name;
  removeProfile(name);
  printLine(`Profile ${name} is removed${wasInUse ? ', and commands are for this machine again' : ''}`);
  return 0;
}

/** `layerline profiles use NAME`. @returns the exit code @throws ConfigError if there is none of that name */
export function chooseProfile(name: string): number {
  useProfile(name);
  printLine(
    name === LOCAL
      ? 'Commands without --coordinator are for this machine from now on'
      : `Commands without --coordinator are for ${name} from now on; --coordinator ${LOCAL} is this machine`,
  );
  return 0;
}

import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError } from '@layerline/plan';
import { readPlainFileSync } from '@layerline/process';
import { checkStateFolder, newSecret, PRIVATE_FILE } from '@layerline/security';
import envPaths from 'env-paths';
import { closest } from 'fastest-levenshtein';
import * as z from 'zod';
import { printableLine } from '../display/printable.js';

const PRIVATE_FOLDER = 0o700;
/** Ten times what a profile takes. */
const MOST_BYTES = 16 * 1024;
const SUFFIX = '.json';
/** Addresses have a colon, and paths a slash. */
const NAME = /^[A-Za-z0-9][\w.-]{0,59}$/;
/** In place of a profile's name: whatever coordinator runs on this machine. */
export const LOCAL = 'local';

/** How to reach a coordinator, under a name of the user's. Files are named, not copied: paths are absolute. */
const profileSchema = z.strictObject({
  coordinator: z.string(),
  fingerprint: z.string().optional(),
  ca: z.string().optional(),
  tokenFile: z.string().optional(),
  insecure: z.literal(true).optional(),
});
export type Profile = z.infer<typeof profileSchema>;

const inUseSchema = z.strictObject({ profile: z.string() });

/** Whether a text can only be the name of a profile, and not an address. */
export function isProfileName(text: string): boolean {
  return NAME.test(text);
}

/** The names of all profiles, sorted. @throws StateFolderError if other users could have made one, in order to be sent tokens */
export function profileNames(): string[] {
  let names: string[];
  try {
    names = readdirSync(profilesFolder());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  checkStateFolder(profilesFolder());
  return names
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => basename(name, SUFFIX))
    .filter(isProfileName)
    .sort();
}

/** @throws ConfigError that names those there are, StateFolderError */
export function readProfile(name: string): Profile {
  const known = profileNames();
  if (!known.includes(name)) throw unknownProfile(name, known);
  return parsed(profileFile(name), profileSchema, `add it again with layerline profiles add ${name} --replace`);
}

/** Keeps a profile. @param replace whether it may take the place of one of that name @throws ConfigError where it may not */
export function writeProfile(name: string, profile: Profile, replace: boolean): void {
  if (!isProfileName(name) || name === LOCAL) {
    throw new ConfigError(
      `profiles: "${printableLine(name)}" cannot be a name: it has to be up to 60 letters, digits, ".", "_" and "-", begin with ` +
        `a letter or digit, and not be "${LOCAL}", which is this machine`,
    );
  }
  if (!replace && profileNames().includes(name)) {
    throw new ConfigError(`profiles: there is a profile ${name} already: choose another name, or give --replace`);
  }
  put(profileFile(name), profile);
}

/** Forgets a profile; if it was in use, none is from then on. @throws ConfigError if there is none of that name */
export function removeProfile(name: string): void {
  const known = profileNames();
  if (!known.includes(name)) throw unknownProfile(name, known);
  rmSync(profileFile(name));
  if (profileInUse() === name) rmSync(inUseFile(), { force: true });
}

/** The profile that is meant where no coordinator is named; undefined for this machine. */
export function profileInUse(): string | undefined {
  try {
    const { profile } = parsed(inUseFile(), inUseSchema, `choose again with layerline profiles use ${LOCAL}`);
    return profile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param name of a profile, or {@link LOCAL} @throws ConfigError if there is none of that name */
export function useProfile(name: string): void {
  if (name === LOCAL) return rmSync(inUseFile(), { force: true });
  readProfile(name);
  put(inUseFile(), { profile: name });
}

function configFolder(): string {
  return envPaths('layerline', { suffix: '' }).config;
}

function profilesFolder(): string {
  return join(configFolder(), 'profiles');
}

function profileFile(name: string): string {
  return join(profilesFolder(), `${name}${SUFFIX}`);
}

function inUseFile(): string {
  return join(configFolder(), 'profile-in-use.json');
}

/** Writes a file as a whole or not at all. */
function put(file: string, content: object): void {
  mkdirSync(profilesFolder(), { recursive: true, mode: PRIVATE_FOLDER });
  checkStateFolder(profilesFolder());
  const partial = `${file}.${newSecret().slice(0, 8)}.partial`;
  writeFileSync(partial, `${JSON.stringify(content, undefined, 2)}\n`, { mode: PRIVATE_FILE, flag: 'wx' });
  renameSync(partial, file);
}

/** @param advice what to do with a damaged file @throws ConfigError for one that is damaged, ENOENT for one that is not there */
function parsed<Content>(file: string, schema: z.ZodType<Content>, advice: string): Content {
  const text = readPlainFileSync(file, MOST_BYTES).bytes.toString();
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // Refused below, like any other content that it cannot have.
  }
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  throw new ConfigError(`profiles: ${printableLine(file)} is damaged: ${advice}`);
}

function unknownProfile(name: string, known: readonly string[]): ConfigError {
  const shown = printableLine(name);
  if (known.length === 0) {
    return new ConfigError(
      `coordinator: "${shown}" is neither an address such as wss://host:7878 nor the name of a profile: there is none yet, and ` +
        `layerline profiles add ${shown} --coordinator wss://host:7878 makes one`,
    );
  }
  return new ConfigError(
    `coordinator: there is no profile "${shown}": known are ${known.join(', ')}. Did you mean ${closest(name, known)}?`,
  );
}

import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { findProcess, processSchema, thisProcess } from '@layerline/process';
import { checkStateFolder, PRIVATE_FILE } from '@layerline/security';
import envPaths from 'env-paths';
import * as z from 'zod';

const PRIVATE_FOLDER = 0o700;
/** To write a file into a folder that others may remove. */
const MOST_TRIES = 10;

/** A coordinator that is there, as it has registered itself for others of its user's commands. */
const registration = z.object({
  /** `layerline train` on this machine, or `layerline coordinator`. */
  kind: z.enum(['training', 'cluster']),
  /** `ws://host:port` or `wss://host:port` */
  address: z.string(),
  /** Of its certificate, where it has one. */
  fingerprint: z.string().optional(),
  tokens: z.object({ node: z.string(), operator: z.string(), viewer: z.string() }),
  /** Its process. */
  ...processSchema.shape,
});
export type Registration = Omit<z.infer<typeof registration>, keyof typeof processSchema.shape>;

/** Where what belongs to the user is kept: certificates and tokens of coordinators and nodes, and which coordinators are there. */
export function userFolder(): string {
  return envPaths('layerline', { suffix: '' }).data;
}

function registry(): string {
  return join(userFolder(), 'coordinators');
}

/**
 * Lets commands of the same user find a coordinator, until the function that comes back is called or its process is gone. Only
 * that user can read what it tells, its tokens among it. A coordinator goes on where that cannot be.
 * @param say told in a sentence why it cannot
 */
export function announce(coordinator: Registration, say: (line: string) => void): () => void {
  try {
    return register(coordinator);
  } catch (error) {
    say(`Other commands have to be told the address ${coordinator.address}: ${(error as Error).message}`);
    return () => undefined;
  }
}

/** As {@link announce}. @throws the file system's error */
export function register(coordinator: Registration): () => void {
  const name = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const file = join(registry(), `${name}.json`);
  const content = `${JSON.stringify({ ...coordinator, ...thisProcess() })}\n`;
  for (let tries = 1; !tryWrite(file, content); tries++) {
    if (tries === MOST_TRIES) throw new Error(`others keep removing ${registry()}`);
  }
  return () => forget(file);
}

/** @returns false where whoever left last has removed the folder meanwhile @throws the file system's error */
function tryWrite(file: string, content: string): boolean {
  const partial = `${file}.partial`;
  mkdirSync(registry(), { recursive: true, mode: PRIVATE_FOLDER });
  try {
    writeFileSync(partial, content, { mode: PRIVATE_FILE, flag: 'wx' });
    renameSync(partial, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Whoever leaves last leaves nothing behind. */
function forget(file: string): void {
  rmSync(file, { force: true });
  try {
    for (const folder of [registry(), userFolder()]) rmdirSync(folder);
  } catch {
    // Something else is in it.
  }
}

/**
 * The coordinators of this user that are there. Those whose process is gone are forgotten.
 * @throws StateFolderError where others could have registered one, to be shown tokens
 */
export function liveCoordinators(): Registration[] {
  if (existsSync(registry())) checkStateFolder(registry());
  return namesIn(registry()).flatMap((name) => {
    const file = join(registry(), name);
    const found = read(file);
    if (found === undefined) return [];
    if (findProcess(found) !== undefined) return isWithinReach(found) ? [found] : [];
    forget(file);
    return [];
  });
}

/** A home that several machines share has coordinators of others in it, which may not be reached at an address of their own. */
function isWithinReach({ host, address }: z.infer<typeof registration>): boolean {
  return host === undefined || host === hostname() || !isLoopback(new URL(address).hostname);
}

/** Whether an address can be reached from its own machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function read(file: string): z.infer<typeof registration> | undefined {
  try {
    return registration.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    // It may have ended just now, or be of another version.
    return undefined;
  }
}

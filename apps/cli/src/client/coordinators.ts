import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { findProcess, processSchema, readPlainFileSync, thisProcess } from '@layerline/process';
import { checkStateFolder, PRIVATE_FILE } from '@layerline/security';
import envPaths from 'env-paths';
import * as z from 'zod';

const PRIVATE_FOLDER = 0o700;
/** Ten times what a registration takes. */
const MOST_BYTES = 8 * 1024;
/** Attempts at writing a file into a folder that other processes may be removing. */
const MOST_TRIES = 10;

/** A running coordinator, as it has registered itself for the same user's other commands. */
const registration = z.object({
  /** `layerline train` on this machine, or `layerline coordinator`. */
  kind: z.enum(['training', 'cluster']),
  /** `ws://host:port` or `wss://host:port` */
  address: z.url({ protocol: /^wss?$/ }),
  /** Of its certificate, if it has one. */
  fingerprint: z.string().optional(),
  tokens: z.object({ node: z.string(), operator: z.string(), viewer: z.string() }),
  /** Its process. */
  ...processSchema.shape,
});
export type Registration = Omit<z.infer<typeof registration>, keyof typeof processSchema.shape>;

/** The user's own folder: certificates and tokens of coordinators and nodes, and the registry of running coordinators. */
export function userFolder(): string {
  return envPaths('layerline', { suffix: '' }).data;
}

function registry(): string {
  return join(userFolder(), 'coordinators');
}

/**
 * Lets commands of the same user find a coordinator, until the returned function is called or this process is gone. Only
 * that user can read the registration, which includes tokens. If registering fails, the coordinator goes on without it.
 * @param say told in a sentence if it fails, and why
 */
export function announce(coordinator: Registration, say: (line: string) => void): () => void {
  try {
    return register(coordinator);
  } catch (error) {
    say(
      `Other commands cannot find this coordinator on their own (${(error as Error).message}): give them --coordinator ${coordinator.address}`,
    );
    return () => undefined;
  }
}

/** Like {@link announce}, but throws. @throws the file system's error */
export function register(coordinator: Registration): () => void {
  const name = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const file = join(registry(), `${name}.json`);
  const content = `${JSON.stringify({ ...coordinator, ...thisProcess() })}\n`;
  for (let tries = 1; !tryWrite(file, content); tries++) {
    if (tries === MOST_TRIES) throw new Error(`${registry()} is removed over and over by other processes`);
  }
  return () => forget(file);
}

/** @returns false if another process has just removed the folder on leaving @throws the file system's error */
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

/** Removes a registration, and the folders too if they are then empty. */
function forget(file: string): void {
  rmSync(file, { force: true });
  try {
    for (const folder of [registry(), userFolder()]) rmdirSync(folder);
  } catch {
    // The folder is not empty.
  }
}

/**
 * This user's running coordinators. Those whose process is gone are forgotten.
 * @throws StateFolderError if other users could have registered one, in order to be sent tokens
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

/** In a home folder shared by several machines, another machine's coordinator on its own loopback is out of reach. */
function isWithinReach({ host, address }: z.infer<typeof registration>): boolean {
  return host === undefined || host === hostname() || !isLoopback(new URL(address).hostname);
}

/** Whether an address can only be reached from its own machine. */
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
    return registration.safeParse(JSON.parse(readPlainFileSync(file, MOST_BYTES).bytes.toString())).data;
  } catch {
    // The coordinator may have just ended, or be of another version.
    return undefined;
  }
}

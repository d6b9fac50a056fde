import { mkdirSync, readFileSync, statSync, linkSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { TokenError } from './errors.js';
import { newSecret, refusalOfPage, sameSecret } from './secrets.js';

/** Who may knock. */
export const ROLES = ['node', 'operator', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** What they may do: join as a node and transfer parts; change runs and nodes; look. */
export type Action = 'serve' | 'operate' | 'view';

const ALLOWED: Readonly<Record<Role, readonly Action[]>> = {
  node: ['serve', 'view'],
  operator: ['operate', 'view'],
  viewer: ['view'],
};

const SHORTEST_TOKEN = 16;
const OTHERS = 0o077;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Knows the tokens of a server, and what each of them allows. */
export class Authority {
  /** @param hosts names and addresses that the server goes by, for the check against names pointed at it by others */
  constructor(
    readonly tokens: Readonly<Record<Role, string>>,
    readonly hosts: readonly string[],
  ) {}

  /** Why a request must not do this, or undefined when it may. Takes the same time whichever token was almost right. */
  refusal(request: IncomingMessage, action: Action): string | undefined {
    const refused = refusalOfPage(request, this.hosts);
    if (refused !== undefined) return refused;
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (given === undefined) return 'the token is missing';
    const roles = ROLES.filter((role) => sameSecret(given, this.tokens[role]));
    if (roles.length === 0) return 'the token is wrong';
    if (roles.some((role) => ALLOWED[role].includes(action))) return undefined;
    return `the token is that of a ${roles.join(' and ')}, which may not ${action}`;
  }
}

/**
 * The token in a file, made where there is none yet. Two processes that make it at once get the same one.
 * @throws TokenError as {@link readToken}
 */
export function keptToken(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: PRIVATE_FOLDER });
  const partial = `${file}.${newSecret()}`;
  writeFileSync(partial, `${newSecret()}\n`, { mode: PRIVATE_FILE });
  try {
    linkSync(partial, file);
  } catch (error) {
    // It is there already.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(partial, { force: true });
  }
  return readToken(file);
}

/** Reads a token. @throws TokenError where there is none, or others can read or change it */
export function readToken(file: string): string {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(file, 'utf8').trim();
    mode = statSync(file).mode;
  } catch (error) {
    throw new TokenError(`Cannot read the token file ${file}: ${(error as Error).message}`, { cause: error });
  }
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new TokenError(`Others can read or change the token file ${file}: run chmod 600 ${file}`);
  }
  return checkedToken(text, file);
}

/** @param place where the token was found, for messages @throws TokenError for what cannot be one */
export function checkedToken(text: string, place: string): string {
  if (text.length >= SHORTEST_TOKEN && !/\s/.test(text)) return text;
  throw new TokenError(`${place} holds no token: one line of at least ${SHORTEST_TOKEN} characters`);
}

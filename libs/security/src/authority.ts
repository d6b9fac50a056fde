import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { TokenError } from './errors.js';
import { isForeign, isOpenToOthers, keepOnce, makeStateFolder, readSecret } from './kept-file.js';
import type { Access } from './kept-file.js';
import { newSecret, refusalOfPage, sameSecret, shownSecret } from './secrets.js';

/** Who may ask for anything. */
export const PRINCIPALS = ['node', 'operator', 'viewer'] as const;
export type Principal = (typeof PRINCIPALS)[number];

/** What they may do: join as a node and transfer parts; change runs and nodes; look. */
export type Action = 'serve' | 'operate' | 'view';

const ALLOWED: Readonly<Record<Principal, readonly Action[]>> = {
  node: ['serve', 'view'],
  operator: ['operate', 'view'],
  viewer: ['view'],
};

const SHORTEST_TOKEN = 16;

/** Knows the tokens of a server, and what each of them allows. */
export class Authority {
  /** @param hosts names and addresses that the server goes by; requests that use another are refused */
  constructor(
    readonly tokens: Readonly<Record<Principal, string>>,
    readonly hosts: readonly string[],
  ) {}

  /** Why a request must not do this, or undefined when it may. Takes the same time whichever token was almost right. */
  refusal(request: IncomingMessage, action: Action): string | undefined {
    const refused = refusalOfPage(request, this.hosts);
    if (refused !== undefined) return refused;
    const given = shownSecret(request);
    if (given === undefined) return 'the token is missing';
    const principals = PRINCIPALS.filter((principal) => sameSecret(given, this.tokens[principal]));
    if (principals.length === 0) return 'the token is wrong';
    if (principals.some((principal) => ALLOWED[principal].includes(action))) return undefined;
    return `the token is that of a ${principals.join(' and ')}, which may not ${action}`;
  }
}

/**
 * The token in a file, made where there is none yet. Two processes that make it at once get the same one.
 * @throws TokenError as {@link readToken}, and where others can write to its folder
 */
export function keptToken(file: string): string {
  try {
    makeStateFolder(dirname(file));
    if (!existsSync(file)) keepOnce(file, `${newSecret()}\n`);
  } catch (error) {
    throw new TokenError(`Cannot keep a token at ${file}: ${(error as Error).message}`, { cause: error });
  }
  return readToken(file);
}

/** Reads a token. @throws TokenError where there is none, or users other than this one and root can read or change it */
export function readToken(file: string): string {
  let text: string;
  let access: Access;
  try {
    ({ text, access } = readSecret(file));
  } catch (error) {
    throw new TokenError(`Cannot read the token file ${file}: ${(error as Error).message}`, { cause: error });
  }
  if (isForeign(access)) {
    throw new TokenError(`The token file ${file} belongs to another user, who can change it: use a copy of your own`);
  }
  if (isOpenToOthers(access)) {
    throw new TokenError(`Others can read or change the token file ${file}: run chmod 600 ${file}`);
  }
  return checkedToken(text.trim(), file);
}

/** @param place where the token was found, for messages @throws TokenError for text that cannot be one, or cannot be sent */
export function checkedToken(text: string, place: string): string {
  if (text.length >= SHORTEST_TOKEN && /^[\x21-\x7e]+$/.test(text)) return text;
  throw new TokenError(
    `${place} holds no token: one line of at least ${SHORTEST_TOKEN} printable ASCII characters, without spaces`,
  );
}

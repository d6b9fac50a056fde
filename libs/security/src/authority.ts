import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { shownSessions } from './cookies.js';
import { RefusedError, TokenError } from './errors.js';
import { isForeign, isOpenToOthers, isWritableByOthers, keepOnce, makeStateFolder, readSecret } from './kept-file.js';
import type { Access } from './kept-file.js';
import { refusalOfHost, refusalOfOrigin } from './origin.js';
import { newSecret, sameSecret, shownSecret } from './secrets.js';
import { SessionIssuer } from './sessions.js';

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

/** Knows the tokens of a server and the sessions that come of them, and what each of them allows. */
export class Authority {
  readonly sessions: SessionIssuer;

  /** @param hosts names and addresses that the server goes by; requests that use another are refused */
  constructor(
    readonly tokens: Readonly<Record<Principal, string>>,
    readonly hosts: readonly string[],
  ) {
    this.sessions = new SessionIssuer(tokens);
  }

  /**
   * Whoever sends a request, if it may do this: by its token or, without one, by the session in its cookie. Takes the same
   * time whichever token was almost right.
   * @returns more than one principal if they share a token
   * @throws RefusedError
   */
  admit(request: IncomingMessage, action: Action): readonly Principal[] {
    this.#checkHost(request);
    const token = shownSecret(request);
    return token === undefined ? this.#admitSession(request, action) : this.#admitToken(request, token, action);
  }

  /** Lets anyone pass who is not the page of another site. @throws RefusedError */
  admitAnyone(request: IncomingMessage): void {
    this.#checkHost(request);
    if (request.headers.origin !== undefined) forbid(refusalOfOrigin(request));
  }

  #admitToken(request: IncomingMessage, token: string, action: Action): readonly Principal[] {
    if (request.headers.origin !== undefined) forbid('requests from web pages are not allowed to carry a token');
    const principals = PRINCIPALS.filter((principal) => sameSecret(token, this.tokens[principal]));
    if (principals.length === 0) throw new RefusedError('ERR_UNAUTHENTICATED', 'the token is wrong');
    if (!principals.some((principal) => ALLOWED[principal].includes(action))) {
      forbid(`the ${principals.join(' and ')} token does not permit this: ${action}`);
    }
    return principals;
  }

  #admitSession(request: IncomingMessage, action: Action): readonly Principal[] {
    const shown = shownSessions(request);
    if (shown.length === 0) {
      throw new RefusedError(
        'ERR_UNAUTHENTICATED',
        'the token is missing, or you are not signed in: layerline dashboard prints an address that signs you in',
      );
    }
    // A page on another port of this host may have set a cookie of that name, too.
    const role = shown.map((session) => this.sessions.verify(session)).find((found) => found !== undefined);
    if (role === undefined) {
      throw new RefusedError(
        'ERR_UNAUTHENTICATED',
        'your session has ended: layerline dashboard prints an address that signs you in again',
      );
    }
    forbid(refusalOfOrigin(request));
    if (!ALLOWED[role].includes(action)) {
      forbid(
        `you are signed in as a ${role}, who may only look: layerline dashboard prints an address for an operator`,
      );
    }
    return [role];
  }

  #checkHost(request: IncomingMessage): void {
    forbid(refusalOfHost(request, this.hosts));
  }
}

/** @throws RefusedError if there is a reason */
function forbid(reason: string | undefined): void {
  if (reason !== undefined) throw new RefusedError('ERR_FORBIDDEN', reason);
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

/**
 * Reads a token.
 * @param isNamed whether the user has named this very file, such as a secret that is mounted for reading alone: others may then
 * be able to read it
 * @throws TokenError where there is none, or users other than this one and root can change it, or read it
 */
export function readToken(file: string, isNamed = false): string {
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
  if (isNamed ? isWritableByOthers(access) : isOpenToOthers(access)) {
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

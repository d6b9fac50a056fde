import { createHash } from 'node:crypto';
import { SignInError } from './errors.js';
import { newSecret } from './secrets.js';
import type { Role } from './sessions.js';

const MINUTE_MS = 60_000;
/** How long a code is good for. */
const LIFETIME_MS = 10 * MINUTE_MS;
/** Codes that are good at once. The oldest makes room for the next. */
const MOST_CODES = 100;
/** Wrong codes from one address within a minute that are answered as such. */
const MOST_FAILURES = 10;
/** Addresses whose failures are remembered. */
const MOST_ADDRESSES = 1000;

interface Issued {
  readonly role: Role;
  readonly until: number;
}

interface Failures {
  readonly until: number;
  count: number;
}

/** Codes that sign a browser in: each once, within ten minutes of being issued, by this process alone. */
export class SignInCodes {
  /** By digest, so that how long a look-up takes says nothing about a code. The oldest first. */
  readonly #issued = new Map<string, Issued>();
  /** By address. Whoever failed longest ago comes first. */
  readonly #failures = new Map<string, Failures>();

  /** @param now in milliseconds, by a clock that only goes forward */
  constructor(readonly now: () => number = () => performance.now()) {}

  /** @returns a code that can stand in an address, and must not be kept anywhere */
  issue(role: Role): string {
    const code = newSecret();
    this.#issued.set(digest(code), { role, until: this.now() + LIFETIME_MS });
    trim(this.#issued, MOST_CODES);
    return code;
  }

  /**
   * Uses a code up. One that is good always is, however many wrong ones have come from there: nobody can guess one, and so
   * nobody is to keep others out by trying.
   * @param address of whoever shows it @returns the role that it gives @throws SignInError
   */
  redeem(code: string, address: string): Role {
    const key = digest(code);
    const issued = this.#issued.get(key);
    this.#issued.delete(key);
    if (issued !== undefined && issued.until > this.now()) return issued.role;
    if (this.#fail(address) > MOST_FAILURES) {
      throw new SignInError('ERR_SIGN_IN_RATE', 'too many wrong codes have come from your address: wait for a minute');
    }
    throw new SignInError(
      'ERR_SIGN_IN_CODE',
      'this address has been used already, or is older than ten minutes: layerline dashboard prints a new one',
    );
  }

  /** @returns how many times an address has failed within the minute */
  #fail(address: string): number {
    const known = this.#failures.get(address);
    const isOver = known === undefined || known.until <= this.now();
    const failures = isOver ? { until: this.now() + MINUTE_MS, count: 0 } : known;
    failures.count++;
    this.#failures.delete(address);
    this.#failures.set(address, failures);
    trim(this.#failures, MOST_ADDRESSES);
    return failures.count;
  }
}

function digest(code: string): string {
  return createHash('sha256').update(code).digest('base64url');
}

/** Takes the oldest out of a map until it has no more than `most`. */
function trim(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}

import { createHmac } from 'node:crypto';
import { sameSecret } from './secrets.js';

/** What a stage may ask of the store of its run. */
export type StoreOperation = 'put model' | 'put snapshot' | 'get snapshot' | 'put look';

/** What a ticket is good for: some operations of one stage, in one life of its run. */
export interface Grant {
  readonly run: string;
  readonly incarnation: number;
  readonly generation: number;
  readonly stage: string;
  readonly operations: readonly StoreOperation[];
}

/** Tickets are good for this purpose alone, whatever else may come to be signed with the key. */
const PURPOSE = 'layerline-ticket.1';

/**
 * Issues tickets and verifies them, without keeping any: a ticket is the HMAC-SHA-256 (RFC 2104) of its grant, and so the
 * same each time. It has no date, as it names a life of the run, and no life comes twice.
 */
export class TicketIssuer {
  readonly #key: string;

  /** @param key of `newSecret()`, which never leaves the coordinator. Tickets end with it */
  constructor(key: string) {
    this.#key = key;
  }

  /** @returns a ticket of 43 characters that can stand in a header */
  issue({ run, incarnation, generation, stage, operations }: Grant): string {
    // In JSON no two grants read the same, whatever characters their names have.
    const content = JSON.stringify([PURPOSE, run, incarnation, generation, stage, operations]);
    return createHmac('sha256', this.#key).update(content).digest('base64url');
  }

  /** Whether a ticket was issued for this grant. Takes the same time however much of it is right. */
  verify(ticket: string, grant: Grant): boolean {
    return sameSecret(ticket, this.issue(grant));
  }
}

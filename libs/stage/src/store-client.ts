import { createHash } from 'node:crypto';
import { bearer } from '@layerline/protocol';
import type { Assignment } from '@layerline/protocol';

/** The store did not take a part of the model. */
export class StoreError extends Error {
  readonly code = 'ERR_STORE';

  constructor(part: string, reason: string, options?: ErrorOptions) {
    super(`The model store did not take ${part}: ${reason}`, options);
    this.name = 'StoreError';
  }
}

/**
 * Puts a part of the model into the coordinator's store over HTTP, with its digest (RFC 9530), on a connection of its
 * own so that it does not hold up control messages.
 * @throws StoreError
 */
export async function storePart(store: Assignment['store'], part: string, bytes: Uint8Array): Promise<void> {
  const digest = createHash('sha256').update(bytes).digest('base64');
  let response: Response;
  try {
    response = await fetch(`${store.url}/${encodeURIComponent(part)}`, {
      method: 'PUT',
      headers: { authorization: bearer(store.secret), 'content-digest': `sha-256=:${digest}:` },
      body: bytes as Uint8Array<ArrayBuffer>,
    });
  } catch (error) {
    throw new StoreError(part, String((error as Error).cause ?? error), { cause: error });
  }
  if (response.ok) return;
  const reason = await response.text().catch(() => '');
  throw new StoreError(part, reason || `it answered with status ${response.status}`);
}

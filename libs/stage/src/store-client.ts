import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Assignment, Site } from '@layerline/protocol';
import { bearer, contentDigest, openRequest } from '@layerline/security';
import pRetry from 'p-retry';

const OK = 200;
const NO_CONTENT = 204;
/** How often an exchange that was cut is tried again, after delays that double. */
const RETRIES = 3;
const FIRST_DELAY_MS = 200;
/** A server that has been silent for this long is considered gone. */
const SILENCE_DEADLINE_MS = 30_000;

/** The store did not take a part, or did not give it. */
export class StoreError extends Error {
  readonly code = 'ERR_STORE';

  constructor(part: string, reason: string, options?: ErrorOptions) {
    super(`The store failed with ${part}: ${reason}`, options);
    this.name = 'StoreError';
  }
}

/**
 * The store of a run as a stage sees it: over HTTP, with digests (RFC 9530), on connections of its own so that nothing
 * holds up control messages.
 */
export class StoreClient {
  constructor(
    readonly coordinator: Site['coordinator'],
    readonly store: Assignment['store'],
    readonly stage: string,
    /** Gives up whatever is under way, and all that follows. */
    readonly signal?: AbortSignal,
  ) {}

  /** Puts the stage's part of the model. @throws StoreError */
  async putModel(bytes: Uint8Array): Promise<void> {
    await this.#exchange('PUT', `model/${this.#part}`, bytes);
  }

  /** Puts the stage's part of a snapshot. @throws StoreError */
  async putSnapshot(step: number, bytes: Uint8Array): Promise<void> {
    await this.#exchange('PUT', `snapshots/${step}/${this.#part}`, bytes);
  }

  /** Puts what a look has shown. @throws StoreError */
  async putLook(id: number, bytes: Uint8Array): Promise<void> {
    await this.#exchange('PUT', `looks/${id}/${this.#part}`, bytes);
  }

  /** The stage's part of a snapshot, checked. @throws StoreError */
  async getSnapshot(step: number): Promise<Uint8Array> {
    return this.#exchange('GET', `snapshots/${step}/${this.#part}`);
  }

  get #part(): string {
    return encodeURIComponent(this.stage);
  }

  async #exchange(method: 'GET' | 'PUT', path: string, content?: Uint8Array): Promise<Uint8Array> {
    let response: IncomingMessage;
    let body: Buffer;
    try {
      // A server that was full, or a cut that has passed, takes nothing from it.
      [response, body] = await pRetry(
        async () => {
          const answered = await this.#send(method, path, content);
          return [answered, await buffer(answered)] as const;
        },
        { retries: RETRIES, minTimeout: FIRST_DELAY_MS, randomize: true, ...(this.signal && { signal: this.signal }) },
      );
    } catch (error) {
      throw new StoreError(path, (error as Error).message, { cause: error });
    }
    const { statusCode = 0, headers } = response;
    if (statusCode !== OK && statusCode !== NO_CONTENT) {
      throw new StoreError(path, body.toString() || `it answered with status ${statusCode}`);
    }
    if (method === 'GET' && headers['content-digest'] !== contentDigest(body)) {
      throw new StoreError(path, 'the digest does not match the content');
    }
    return body;
  }

  #send(method: string, path: string, content: Uint8Array | undefined): Promise<IncomingMessage> {
    const { origin, trust } = this.coordinator;
    const digest = content && { 'content-digest': contentDigest(content), 'content-length': content.byteLength };
    return new Promise((resolve, reject) => {
      const headers = { authorization: bearer(this.store.secret), ...digest };
      const url = `${origin}${this.store.path}/${path}`;
      const { signal } = this;
      const options = { method, headers, timeout: SILENCE_DEADLINE_MS, ...(signal && { signal }) };
      const sent = openRequest(url, trust, options);
      sent.on('response', resolve);
      sent.on('timeout', () => sent.destroy(new Error(`it has been silent for ${SILENCE_DEADLINE_MS} ms`)));
      sent.on('error', reject);
      sent.end(content);
    });
  }
}

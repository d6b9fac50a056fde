import type { Failure } from '@layerline/api';
import { RefusedError, UnreachableError } from './errors.js';

const UNAUTHORIZED = 401;

/** Asks the coordinator that served the page. The session's cookie goes along by itself. */
export class Client {
  /** @param signedOut called when the coordinator does not know us (any more) */
  constructor(readonly signedOut: () => void) {}

  /**
   * The answer to a GET, taken to be what the route promises: page and coordinator are of the same build.
   * @throws RefusedError, UnreachableError
   */
  async get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
    return (await this.#ask(path, { ...(signal === undefined ? {} : { signal }) })) as Answer;
  }

  /** @throws RefusedError, UnreachableError */
  post<Answer>(path: string, body: object = {}): Promise<Answer> {
    return this.#send('POST', path, body);
  }

  /** @throws RefusedError, UnreachableError */
  put<Answer>(path: string, body: object): Promise<Answer> {
    return this.#send('PUT', path, body);
  }

  /** @throws RefusedError, UnreachableError */
  delete<Answer>(path: string): Promise<Answer> {
    return this.#send('DELETE', path, {});
  }

  async #send<Answer>(method: string, path: string, body: object): Promise<Answer> {
    // The coordinator takes nothing but JSON: a form on another page cannot send that.
    const headers = { 'content-type': 'application/json' };
    return (await this.#ask(path, { method, headers, body: JSON.stringify(body) })) as Answer;
  }

  async #ask(path: string, init: RequestInit): Promise<unknown> {
    const response = await this.#fetch(path, init);
    if (response.status === UNAUTHORIZED) this.signedOut();
    if (!response.ok) throw await refusal(response);
    return response.json();
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(path, { cache: 'no-store', ...init });
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause;
      throw new UnreachableError({ cause });
    }
  }
}

/** The path of something of a run. */
export function runPath(run: string, rest = ''): string {
  return `/api/runs/${encodeURIComponent(run)}${rest}`;
}

async function refusal(response: Response): Promise<RefusedError> {
  try {
    const { error } = (await response.json()) as Failure;
    return new RefusedError(error.code, response.status, error.message);
  } catch {
    return new RefusedError('ERR_HTTP', response.status, `The coordinator answered ${response.status}`);
  }
}

import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { json, text } from 'node:stream/consumers';
import type { RunEnd, RunEvent, StatusReport } from '@layerline/coordinator';
import type { Plan, RunConfig } from '@layerline/plan';
import { bearer, openRequest, whyUnreachable } from '@layerline/security';
import type { Connection } from './connection.js';

const DEADLINE_MS = 30_000;
const OK = new Set([200, 201]);

/** The coordinator could not be asked, or said no. Has the code of what went wrong in it. */
export class CoordinatorError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CoordinatorError';
  }
}

/** What a stream of events begins with. */
export interface RunHead {
  readonly type: 'run';
  readonly id: string;
  readonly plan: Plan;
}

/** Talks to a coordinator's HTTP interface. */
export class CoordinatorClient {
  constructor(readonly connection: Connection) {}

  health(): Promise<{ readonly version: string; readonly time: number }> {
    return this.#json('GET', '/api/health');
  }

  status(): Promise<StatusReport> {
    return this.#json('GET', '/api/status');
  }

  async submit(config: RunConfig): Promise<string> {
    return (await this.#json<{ id: string }>('POST', '/api/runs', config)).id;
  }

  async act(run: string, action: 'stop' | 'pause' | 'resume' | 'snapshot'): Promise<void> {
    await this.#json('POST', `/api/runs/${encodeURIComponent(run)}/${action}`);
  }

  async drain(node: string): Promise<void> {
    await this.#json('POST', `/api/nodes/${encodeURIComponent(node)}/drain`);
  }

  async log(run: string, stage: string | undefined, lines: number): Promise<readonly string[]> {
    const query = new URLSearchParams({ lines: `${lines}`, ...(stage === undefined ? {} : { stage }) });
    const path = `/api/runs/${encodeURIComponent(run)}/log?${query.toString()}`;
    return (await this.#json<{ lines: string[] }>('GET', path)).lines;
  }

  /**
   * Follows a run until it ends, or the signal is aborted.
   * @returns how it has ended, or undefined where the following was ended first
   * @throws CoordinatorError where the connection is lost
   */
  async follow(
    run: string,
    handlers: { readonly head: (head: RunHead) => void; readonly event: (event: RunEvent) => void },
    signal: AbortSignal,
  ): Promise<RunEnd | undefined> {
    const response = await this.#send('GET', `/api/runs/${encodeURIComponent(run)}/events`, undefined, signal);
    if (!OK.has(response.statusCode ?? 0)) throw await refusalOf(response);
    try {
      for await (const line of createInterface(response)) {
        const event = JSON.parse(line) as RunHead | RunEvent;
        if (event.type === 'run') handlers.head(event);
        else handlers.event(event);
        if (event.type === 'ended') return event;
      }
    } catch (error) {
      if (!signal.aborted) throw lost(error as Error);
    }
    if (signal.aborted) return undefined;
    throw lost(new Error('it has closed the connection'));
  }

  async #json<Answer>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    const response = await this.#send(method, path, body);
    if (!OK.has(response.statusCode ?? 0)) throw await refusalOf(response);
    return (await json(response)) as Answer;
  }

  async #send(method: 'GET' | 'POST', path: string, body?: object, signal?: AbortSignal): Promise<IncomingMessage> {
    const failures: Error[] = [];
    for (const address of this.connection.addresses) {
      try {
        return await this.#sendTo(address, method, path, body, signal);
      } catch (error) {
        failures.push(error as Error);
      }
    }
    throw failures[0] as Error;
  }

  #sendTo(
    address: string,
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const { token, trust } = this.connection;
    const content = body === undefined ? undefined : JSON.stringify(body);
    const url = `${address.replace(/^ws/, 'http')}${path}`;
    return new Promise((resolve, reject) => {
      const headers = { authorization: bearer(token), 'content-type': 'application/json' };
      const sent = openRequest(url, trust, { method, headers, ...(signal === undefined ? {} : { signal }) });
      sent.on('response', (response) => {
        sent.setTimeout(0);
        resolve(response);
      });
      sent.setTimeout(DEADLINE_MS, () => sent.destroy(new Error(`no answer within ${DEADLINE_MS / 1000} s`)));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code?.startsWith('ERR_UNTRUSTED') === true) reject(error);
        else
          reject(
            new CoordinatorError('ERR_COORDINATOR', `Cannot reach ${address}: ${whyUnreachable(error)}`, {
              cause: error,
            }),
          );
      });
      sent.end(content);
    });
  }
}

function lost(cause: Error): CoordinatorError {
  return new CoordinatorError(
    'ERR_COORDINATOR_LOST',
    `Lost the coordinator: ${cause.message}. The run goes on without this command: layerline attach follows it again`,
    { cause },
  );
}

async function refusalOf(response: IncomingMessage): Promise<CoordinatorError> {
  const said = await text(response);
  try {
    const { error } = JSON.parse(said) as { error: { code: string; message: string } };
    return new CoordinatorError(error.code, error.message);
  } catch {
    return new CoordinatorError('ERR_REFUSED', `The coordinator refuses (${response.statusCode ?? ''}): ${said}`);
  }
}

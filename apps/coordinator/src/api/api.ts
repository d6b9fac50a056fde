import type { IncomingMessage, ServerResponse } from 'node:http';
import { runConfigSchema } from '@layerline/plan';
import { parse } from '@layerline/protocol';
import type { Coordinator } from '../coordinator.js';
import type { RunEvent } from './run-feed.js';
import { nodeStatus, runStatus } from './status.js';
import type { StatusReport } from './status.js';

const MAX_BODY_BYTES = 256 * 1024;
/** A follower that reads so much too slowly is let go: it can follow again. */
const MAX_BACKLOG_BYTES = 4 * 2 ** 20;

/** Actions on a run that need nothing but its name. */
const RUN_ACTIONS = ['stop', 'pause', 'resume', 'snapshot'] as const;

/** What is asked for is not there, or not meant so. */
class ApiError extends Error {
  readonly code = 'ERR_API';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/**
 * The coordinator's HTTP interface for people and programs, in JSON (`docs/protocol.md`):
 *
 *     GET  /api/health                  version and time
 *     GET  /api/status                  nodes and runs
 *     POST /api/runs                    begin a run; the body is its config
 *     GET  /api/runs/RUN                where it stands
 *     GET  /api/runs/RUN/events         what happens on it, one JSON object a line, until it ends
 *     GET  /api/runs/RUN/log?stage=S    the last lines of its log
 *     POST /api/runs/RUN/ACTION         stop, pause, resume, snapshot
 *     POST /api/nodes/NODE/drain        move its stages elsewhere and give it no new ones
 */
export class Api {
  constructor(readonly coordinator: Coordinator) {}

  /** Whether a request changes nothing. */
  static isView(request: IncomingMessage): boolean {
    return request.method === 'GET';
  }

  /** Answers a request that is authorized already. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      const status = error instanceof ApiError ? error.status : statusOf(code);
      send(response, status, { error: { code: code ?? 'ERR_UNEXPECTED', message } });
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { searchParams, names } = addressed(request.url ?? '/');
    const [, , collection, name, action] = names;
    const route = `${request.method ?? ''} ${[collection, name && '*', action].filter((part) => part !== undefined).join('/')}`;
    const { version } = this.coordinator.options;
    switch (route) {
      case 'GET health':
        return send(response, 200, { version, time: Date.now() });
      case 'GET status':
        return send(response, 200, await this.#status());
      case 'POST runs':
        return send(response, 201, { id: await this.coordinator.submit(await this.#config(request)) });
      case 'GET runs/*':
        return send(response, 200, runStatus(this.coordinator.runs.get(name ?? '')));
      case 'GET runs/*/events':
        return this.#follow(name ?? '', response);
      case 'GET runs/*/log':
        return send(response, 200, { lines: this.#log(name ?? '', searchParams) });
      case 'POST nodes/*/drain':
        await this.coordinator.drain(name ?? '');
        return send(response, 200, {});
      default:
        return this.#act(route, name ?? '', action, response);
    }
  }

  #act(route: string, run: string, action: string | undefined, response: ServerResponse): void {
    const known = RUN_ACTIONS.find((candidate) => candidate === action);
    if (known === undefined || !route.startsWith('POST runs/')) throw new ApiError(404, `there is no ${route} here`);
    this.coordinator.runs.get(run).run[known]();
    send(response, 200, {});
  }

  async #status(): Promise<StatusReport> {
    const { runs, nodes, options } = this.coordinator;
    const active = runs.all.map((run) => runStatus(run));
    const earlier = (await runs.list()).filter(({ id }) => !active.some((run) => run.id === id));
    return { version: options.version, nodes: nodes.all.map(nodeStatus), runs: active, earlier };
  }

  async #config(request: IncomingMessage) {
    const chunks: Buffer[] = [];
    let length = 0;
    // Whoever sends too much is told so, which takes the connection that the end of the loop would end.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) throw new ApiError(413, 'a config is not that large');
      chunks.push(chunk);
    }
    let body: unknown;
    try {
      body = JSON.parse(Buffer.concat(chunks).toString());
    } catch {
      throw new ApiError(400, 'the body is not JSON');
    }
    return parse(runConfigSchema, body);
  }

  #follow(run: string, response: ServerResponse): void {
    const { plan, feed, id } = this.coordinator.runs.get(run);
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    const write = (object: object): void => {
      if (response.writableLength > MAX_BACKLOG_BYTES) response.destroy();
      else response.write(`${JSON.stringify(object)}\n`);
    };
    const { processes, notices } = feed.standing;
    write({ type: 'run', id, plan, processes, notices });
    if (feed.ended !== undefined) return void response.end(`${JSON.stringify({ type: 'ended', ...feed.ended })}\n`);
    const leave = feed.follow((event: RunEvent) => {
      write(event);
      if (event.type === 'ended') response.end();
    });
    response.on('close', leave);
  }

  #log(run: string, query: URLSearchParams): string[] {
    const { run: found } = this.coordinator.runs.get(run);
    return found.record.lastLines(query.get('stage') ?? undefined, Number(query.get('lines') ?? 100));
  }
}

/** What a request is about. @throws ApiError where its address is none */
function addressed(address: string): { readonly names: string[]; readonly searchParams: URLSearchParams } {
  try {
    const { pathname, searchParams } = new URL(address, 'http://coordinator');
    return { names: pathname.split('/').map(decodeURIComponent), searchParams };
  } catch {
    throw new ApiError(400, 'the path of the request is malformed');
  }
}

function statusOf(code: string | undefined): number {
  switch (code) {
    case 'ERR_UNKNOWN_RUN':
    case 'ERR_UNKNOWN_NODE':
      return 404;
    case 'ERR_CONFIG':
    case 'ERR_PROTOCOL':
      return 400;
    case 'ERR_PLACEMENT':
      return 409;
    default:
      return 500;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(text);
}

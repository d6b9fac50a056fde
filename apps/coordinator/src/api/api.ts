import type { IncomingMessage, ServerResponse } from 'node:http';
import { drainOrder, openApi, ROUTES, RUN_ACTIONS, submission } from '@layerline/api';
import type { Drained, Failure, Reading, Route, RouteName, RunList } from '@layerline/api';
import type { RunSummary as FoundRun } from '@layerline/checkpoint';
import { applyPreset, DEFAULT_PRESET } from '@layerline/plan';
import type { RunConfig } from '@layerline/plan';
import { parse } from '@layerline/protocol';
import { markAuthorized, RefusedError, SignInError } from '@layerline/security';
import type { Principal } from '@layerline/security';
import findMyWay from 'find-my-way';
import type * as z from 'zod';
import { exposition, EXPOSITION_TYPE } from '../metrics/exposition.js';
import type { NodePool } from '../node-pool.js';
import type { RunArchive } from '../record/run-archive.js';
import type { RunRegistry } from '../run-registry.js';
import type { Run } from '../run.js';
import { act, orderOf } from './act.js';
import type { Revive } from './act.js';
import { bodyOf, runIdOf } from './asked.js';
import type { Asked, Handler } from './asked.js';
import { ApiError, statusOf } from './errors.js';
import { streamEvents } from './event-stream.js';
import { lookHandlers } from './looks.js';
import { operationHandlers } from './operations.js';
import { recordHandlers } from './record.js';
import { sessionHandlers } from './session-handlers.js';
import type { Hosting, SessionRoute } from './session-handlers.js';
import { nodeStatus, runSummary } from './status.js';

/** Longest name of a run or node, in characters. */
const LONGEST_NAME = 300;

/** What the interface needs from its coordinator. */
export interface Controlled extends Hosting {
  readonly nodes: NodePool;
  readonly runs: RunRegistry;
  submitFromOutside(config: RunConfig, name?: string): Promise<Run>;
  readonly revive: Revive;
  drain(node: string, seconds?: number): Promise<Drained>;
  undrain(node: string): void;
  reading(): Reading;
}

/** The coordinator's HTTP interface for people and programs, in JSON: the routes of `@layerline/api`. */
export class Api {
  readonly #router = findMyWay({
    defaultRoute: (request) => {
      this.#admit(request, 'viewer');
      notFound(request);
    },
    onBadUrl: (_, request) => {
      this.#admit(request, 'viewer');
      throw new ApiError(400, 'the path of the request is malformed');
    },
    maxParamLength: LONGEST_NAME,
  });
  readonly #handlers: Readonly<Record<Exclude<RouteName, SessionRoute>, Handler>> = {
    health: () => ({ version: this.coordinator.options.version, time: Date.now() }),
    openApi: () => openApi(this.coordinator.options.version),
    status: async () => {
      const { options, nodes, runs } = this.coordinator;
      return { version: options.version, nodes: nodes.all.map(nodeStatus), ...this.#runs(await runs.earlier()) };
    },
    listRuns: () => this.#list(),
    overviews: async () => ({ runs: await this.coordinator.runs.overviews() }),
    removeRun: async (asked) => {
      await this.coordinator.runs.remove(runIdOf(asked));
      return {};
    },
    submit: async (asked) => {
      const { name, ...given } = parse(submission, await bodyOf(asked));
      const run = await this.coordinator.submitFromOutside(configOf(given), name);
      return { id: run.id };
    },
    ...recordHandlers(() => this.coordinator.runs),
    ...lookHandlers(() => this.coordinator.runs),
    ...operationHandlers(() => this.coordinator.runs),
    runStatus: async (asked) => (await this.#view(asked)).status(),
    events: async (asked) => streamEvents(await this.#view(asked), asked),
    metrics: ({ response }) => {
      response.writeHead(200, { 'content-type': EXPOSITION_TYPE, 'cache-control': 'no-store' });
      response.end(exposition(this.coordinator.reading()));
      return undefined;
    },
    act: async (asked) => {
      const action = RUN_ACTIONS.find((known) => known === asked.parameters['action']);
      if (action === undefined) notFound(asked.request);
      const order = orderOf(action, await bodyOf(asked));
      return act(await this.#view(asked), action, order, (run, how) => this.coordinator.revive(run, how));
    },
    drain: async (asked) => {
      const { seconds } = parse(drainOrder, (await bodyOf(asked)) ?? {});
      return this.coordinator.drain(asked.parameters['node'] ?? '', seconds);
    },
    undrain: ({ parameters }) => {
      this.coordinator.undrain(parameters['node'] ?? '');
      return {};
    },
  };

  constructor(readonly coordinator: Controlled) {
    const handlers: Readonly<Record<RouteName, Handler>> = { ...this.#handlers, ...sessionHandlers(coordinator) };
    for (const [name, { method, path, principal, answer }] of Object.entries(ROUTES) as [
      RouteName,
      (typeof ROUTES)[RouteName],
    ][]) {
      this.#router.on(method, path, async (request, response, parameters, _, searchParams) => {
        const principals = this.#admit(request, principal);
        const query = new URLSearchParams(searchParams as Record<string, string>);
        const asked = { request, response, parameters, query, principals };
        const body = await handlers[name](asked);
        if (body !== undefined) send(response, answer.status, body);
      });
    }
  }

  /** Answers a request, unless it is refused. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#router.lookup(request, response);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      const failure: Failure = { error: { code: code ?? 'ERR_UNEXPECTED', message } };
      const status = statusOf(error as Error);
      if (response.headersSent) return void response.destroy();
      // What a stranger may go on to send is not read.
      if (error instanceof RefusedError || error instanceof SignInError) response.setHeader('connection', 'close');
      if (status === 401) response.setHeader('www-authenticate', 'Bearer');
      send(response, status, failure);
    }
  }

  /** @returns whom a request comes from, if that matters @throws RefusedError if it comes from nobody who may send it */
  #admit(request: IncomingMessage, least: Route['principal']): readonly Principal[] {
    const { authority } = this.coordinator.options;
    if (least === 'anyone') {
      authority.admitAnyone(request);
      return [];
    }
    const principals = authority.admit(request, least === 'operator' ? 'operate' : 'view');
    markAuthorized(request.socket);
    return principals;
  }

  /** @throws UnknownRunError */
  #view(asked: Asked): Promise<Run | RunArchive> {
    return this.coordinator.runs.view(runIdOf(asked));
  }

  /** @param earlier those that are not under way here */
  #runs(earlier: readonly FoundRun[]): Pick<RunList, 'runs' | 'earlier'> {
    return { runs: this.coordinator.runs.all.map((run) => run.status()), earlier: earlier.map(runSummary) };
  }

  async #list(): Promise<RunList> {
    const { runs } = this.coordinator;
    const earlier = await runs.earlier();
    return { ...this.#runs(earlier), configs: await runs.configs(earlier) };
  }
}

/** @throws ApiError */
function notFound({ method, url }: { readonly method?: string | undefined; readonly url?: string | undefined }): never {
  throw new ApiError(404, `there is no ${method ?? ''} ${url ?? ''} here`);
}

/** The whole config: what was sent, over the preset. @throws ApiError for settings that belong to the nodes themselves */
function configOf({ preset = DEFAULT_PRESET, ...given }: Omit<z.infer<typeof submission>, 'name'>): RunConfig {
  if (given.dataDir !== undefined) {
    throw new ApiError(400, 'dataDir: nodes have their own folders of data: give --data-dir to layerline node');
  }
  const values = Object.entries(given).filter(([, value]) => value !== undefined);
  return applyPreset(preset, Object.fromEntries(values));
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(text);
}

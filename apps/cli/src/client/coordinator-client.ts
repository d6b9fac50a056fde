import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { json, text } from 'node:stream/consumers';
import { failure, logEntry, ROUTES, streamItem } from '@layerline/api';
import type {
  Acted,
  Drained,
  DrainOrder,
  EvaluationsAnswer,
  Health,
  HistoryEvent,
  Invited,
  LogEntry,
  LogQuery,
  MoveOrder,
  Operation,
  Preview,
  Route,
  RunAction,
  RunOrder,
  RunOverview,
  RunSetup,
  RunStatus,
  ScaleOrder,
  Session,
  StatusReport,
  StreamItem,
  Submission,
} from '@layerline/api';
import { parse } from '@layerline/protocol';
import { bearer, openRequest, whyUnreachable } from '@layerline/security';
import pRetry, { AbortError } from 'p-retry';
import type * as z from 'zod';
import type { Connection } from './connection.js';
import { isConnectionLoss, lost } from './connection-loss.js';
import { CoordinatorError } from './errors.js';
import { PlaceInLog } from './place-in-log.js';

const DEADLINE_MS = 30_000;
/** How many times a follower that has lost its connection tries to reconnect, with exponential delays. */
const TRIES = 8;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/** What is wanted of a log. */
export type LogWanted = Pick<LogQuery, 'lines' | 'stage' | 'since'>;

/** What goes into a request's path, query and body. */
interface Asked {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** A client of a coordinator's HTTP interface. */
export class CoordinatorClient {
  constructor(readonly connection: Connection) {}

  health(): Promise<Health> {
    return this.#ask(ROUTES.health);
  }

  /** All runs in its folder, the newest first. */
  async overviews(): Promise<readonly RunOverview[]> {
    return (await this.#ask(ROUTES.overviews)).runs;
  }

  async remove(run: string): Promise<void> {
    await this.#ask(ROUTES.removeRun, { parameters: { run } });
  }

  /** The newest 2,000 evaluations of a run at most, the oldest first. */
  async evaluations(run: string): Promise<EvaluationsAnswer['evaluations']> {
    return (await this.#ask(ROUTES.evaluations, { parameters: { run }, query: { most: '2000' } })).evaluations;
  }

  status(): Promise<StatusReport> {
    return this.#ask(ROUTES.status);
  }

  /** Asks for a code that signs a browser in. */
  invite(principal: Session['principal']): Promise<Invited> {
    return this.#ask(ROUTES.invite, { body: { principal } });
  }

  runStatus(run: string): Promise<RunStatus> {
    return this.#ask(ROUTES.runStatus, { parameters: { run } });
  }

  /** How a run was set up. */
  setup(run: string): Promise<RunSetup> {
    return this.#ask(ROUTES.config, { parameters: { run } });
  }

  async submit(submission: Submission): Promise<string> {
    return (await this.#ask(ROUTES.submit, { body: submission })).id;
  }

  /** @param order how it is to be done, if not as usual */
  act(run: string, action: RunAction, order: RunOrder = {}): Promise<Acted> {
    return this.#ask(ROUTES.act, { parameters: { run, action }, body: order });
  }

  /** What became of a run, the oldest first. */
  async history(run: string): Promise<readonly HistoryEvent[]> {
    return (await this.#ask(ROUTES.history, { parameters: { run } })).events;
  }

  /** Cuts a layer into other shards. */
  scale(run: string, layer: string, order: ScaleOrder): Promise<Operation> {
    return this.#ask(ROUTES.scaleLayer, { parameters: { run, layer }, body: order });
  }

  /** What that would come to. */
  previewScale(run: string, layer: string, order: ScaleOrder): Promise<Preview> {
    return this.#ask(ROUTES.previewScale, { parameters: { run, layer }, body: order });
  }

  move(run: string, stage: string, order: MoveOrder): Promise<Operation> {
    return this.#ask(ROUTES.moveStage, { parameters: { run, stage }, body: order });
  }

  /** Changes of a run's stages, the newest first. */
  async operations(run: string): Promise<readonly Operation[]> {
    return (await this.#ask(ROUTES.operations, { parameters: { run } })).operations;
  }

  cancel(run: string, operation: number): Promise<Operation> {
    return this.#ask(ROUTES.cancelOperation, { parameters: { run, operation: `${operation}` } });
  }

  /** Drains a node, or waits on for that. @returns how far it has come by then */
  drain(node: string, order: DrainOrder): Promise<Drained> {
    return this.#ask(ROUTES.drain, { parameters: { node }, body: order });
  }

  async undrain(node: string): Promise<void> {
    await this.#ask(ROUTES.undrain, { parameters: { node } });
  }

  /** The last lines of a run's log. */
  async *log(run: string, wanted: LogWanted): AsyncGenerator<LogEntry> {
    const asked = { parameters: { run }, query: { ...wanted, lines: `${wanted.lines}` } };
    for await (const line of createInterface(await this.#open(ROUTES.logEntries, asked))) {
      yield parse(logEntry, JSON.parse(line));
    }
  }

  /**
   * Like {@link log}, and then the lines that come, until the run has ended or the signal is aborted. A lost connection is
   * restored, and no line is missed or repeated.
   * @throws CoordinatorError if there is no such run or stage, or the coordinator stays out of reach
   */
  async *followLog(run: string, wanted: LogWanted, signal: AbortSignal): AsyncGenerator<LogEntry> {
    const place = new PlaceInLog(wanted);
    const open = (): Promise<IncomingMessage> => {
      const query = { ...place.wanted, lines: `${place.wanted.lines}`, follow: 'true' };
      return this.#open(ROUTES.logEntries, { parameters: { run }, query, signal });
    };
    let response = await open();
    while (!signal.aborted) {
      place.begin();
      try {
        for await (const line of createInterface(response)) {
          const entry = parse(logEntry, JSON.parse(line));
          if (place.reach(entry)) yield entry;
        }
      } catch (error) {
        if (!isConnectionLoss(error)) throw error;
      }
      if (response.complete || signal.aborted) return;
      response = await this.#reopen(run, open, signal);
    }
  }

  /**
   * The events of a run, until it ends or the signal is aborted. A lost connection is restored: the stream then goes on with
   * a `run` item, which says where the run stands by then, and with what the run's record has kept of the missed events.
   * @param after id of the event to go on from
   * @throws CoordinatorError if there is no such run, or the coordinator stays out of reach
   */
  async *follow(run: string, signal: AbortSignal, after?: string): AsyncGenerator<StreamItem> {
    let last = after;
    const open = (): Promise<IncomingMessage> =>
      this.#open(ROUTES.events, { parameters: { run }, query: { after: last }, signal });
    let response = await open();
    while (!signal.aborted) {
      try {
        for await (const line of createInterface(response)) {
          const item = parse(streamItem, JSON.parse(line));
          // After a reconnection, the events that were missed come after the run's item, which is past them.
          if (item.type !== 'run' || last === undefined) last = item.id;
          yield item;
          if (item.type === 'ended') return;
        }
      } catch (error) {
        // The loss of the connection may have cut a line short.
        if (!isConnectionLoss(error)) throw error;
      }
      if (signal.aborted) return;
      response = await this.#reopen(run, open, signal);
    }
  }

  async #reopen(run: string, open: () => Promise<IncomingMessage>, signal: AbortSignal): Promise<IncomingMessage> {
    const attempt = async (): Promise<IncomingMessage> => {
      try {
        return await open();
      } catch (error) {
        const { code } = error as { code?: unknown };
        throw code === 'ERR_COORDINATOR' ? error : new AbortError(error as Error);
      }
    };
    return pRetry(attempt, {
      retries: TRIES,
      minTimeout: FIRST_DELAY_MS,
      maxTimeout: LONGEST_DELAY_MS,
      randomize: true,
      signal,
    }).catch((error: unknown) => {
      throw (error as { code?: unknown }).code === 'ERR_COORDINATOR' ? lost(run, error as Error) : error;
    });
  }

  async #ask<Answer extends Route>(route: Answer, asked: Asked = {}): Promise<z.infer<Answer['answer']['schema']>> {
    const response = await this.#open(route, asked);
    return parse(route.answer.schema as z.ZodType<z.infer<Answer['answer']['schema']>>, await json(response));
  }

  /** @returns the answer, which has the status that the route promises @throws CoordinatorError, UntrustedServerError */
  async #open(route: Route, asked: Asked): Promise<IncomingMessage> {
    const failures: Error[] = [];
    for (const address of this.connection.addresses) {
      try {
        const response = await this.#send(address, route, asked);
        if (response.statusCode === route.answer.status) return response;
        throw await refusalOf(response);
      } catch (error) {
        failures.push(error as Error);
      }
    }
    throw failures[0] as Error;
  }

  #send(address: string, route: Route, { parameters = {}, query = {}, body, signal }: Asked): Promise<IncomingMessage> {
    const { token, trust } = this.connection;
    const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
    const url = new URL(path, address.replace(/^ws/, 'http'));
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    return new Promise((resolve, reject) => {
      const headers = { authorization: bearer(token), 'content-type': 'application/json' };
      const options = { method: route.method, headers, ...(signal === undefined ? {} : { signal }) };
      const sent = openRequest(url.href, trust, options);
      sent.on('response', (response) => {
        sent.setTimeout(0);
        resolve(response);
      });
      sent.setTimeout(DEADLINE_MS, () => sent.destroy(new Error(`no answer within ${DEADLINE_MS / 1000} s`)));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code?.startsWith('ERR_UNTRUSTED') === true) return reject(error);
        const why = whyUnreachable(error, address);
        reject(new CoordinatorError('ERR_COORDINATOR', `Cannot reach ${address}: ${why}`, { cause: error }));
      });
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

async function refusalOf(response: IncomingMessage): Promise<CoordinatorError> {
  const said = await text(response);
  try {
    const { error } = failure.parse(JSON.parse(said));
    return new CoordinatorError(error.code, error.message);
  } catch {
    return new CoordinatorError('ERR_REFUSED', `The coordinator refused (${response.statusCode ?? ''}): ${said}`);
  }
}

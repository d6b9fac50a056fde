import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StagePlan } from '@layerline/plan';
import type { LinkIdentity } from '@layerline/protocol';
import { contentDigest, markAuthorized, newSecret, refusal, TicketIssuer } from '@layerline/security';
import type { StoreOperation } from '@layerline/security';
import pLimit from 'p-limit';
import { partOf } from './record/contents.js';

/** `/parts/RUN/INCARNATION.GENERATION/model/STAGE`, `…/snapshots/STEP/STAGE` and `…/looks/ID/STAGE` */
const PATH = /^\/parts\/([^/]+)\/(\d+)\.(\d+)\/(model|(?:snapshots|looks)\/\d{1,15})\/([^/]+)$/;

/** Where the parts of a run are kept. */
export interface PartKeeper {
  /** The largest part that is accepted, in bytes. */
  readonly largestPartBytes: number;
  /** @throws Error, whose message the stage is sent */
  putModel(part: string, bytes: Uint8Array): Promise<void>;
  putSnapshot(step: number, part: string, bytes: Uint8Array): Promise<void>;
  readSnapshot(step: number, part: string): Promise<Uint8Array>;
  readonly looks: {
    /** The largest look that is accepted, in bytes. */
    readonly mostBytes: number;
    put(id: number, bytes: Uint8Array): Promise<void>;
  };
}

/** A run during one of its generations. */
interface Life {
  readonly identity: LinkIdentity;
  readonly keeper: PartKeeper;
  readonly stages: ReadonlyMap<string, StoringStage>;
  /** What stages have been given of snapshots, in bytes. */
  given: number;
}

/** What a stage may do, the part that it may do it with, and the ticket that lets it. */
interface StoringStage {
  readonly operations: readonly StoreOperation[];
  readonly part: string;
  readonly ticket: string;
}

/** What a stage puts. */
interface Upload {
  readonly operation: StoreOperation;
  /** The step of a snapshot, or the number of a look. */
  readonly number: number;
  readonly part: string;
}

/** Uploads held in memory at once; others wait their turn. */
const UPLOADS_AT_ONCE = 4;

/**
 * Receives parts of models and snapshots, and looks, from stages over HTTP, checks each against its digest, and serves parts of
 * snapshots again. A
 * stage presents a ticket that is valid in this life only, for its own parts, and for the operations that its role needs.
 */
export class PartServer {
  readonly #lives = new Map<string, Life>();
  readonly #tickets = new TicketIssuer(newSecret());
  readonly #uploads = pLimit(UPLOADS_AT_ONCE);

  /** @param hosts names and addresses that the server is known by */
  constructor(readonly hosts: readonly string[]) {}

  /** The path below which the parts of one life of a run are served. */
  static path({ run, incarnation, generation }: LinkIdentity): string {
    return `/parts/${encodeURIComponent(run)}/${incarnation}.${generation}`;
  }

  static serves(path: string): boolean {
    return path.startsWith('/parts/');
  }

  /** Serves this life of a run from now on, and no earlier one. */
  open(identity: LinkIdentity, keeper: PartKeeper, plan: readonly StagePlan[]): void {
    const stages = plan.map((stage) => {
      const operations = operationsOf(stage);
      const { run, incarnation, generation } = identity;
      const ticket = this.#tickets.issue({ run, incarnation, generation, stage: stage.stage, operations });
      return [stage.stage, { operations, part: partOf(stage), ticket }] as const;
    });
    this.#lives.set(identity.run, { identity, keeper, stages: new Map(stages), given: 0 });
  }

  /** The ticket that a stage of an open life presents. */
  ticket({ run }: LinkIdentity, stage: string): string {
    return this.#lives.get(run)?.stages.get(stage)?.ticket ?? '';
  }

  /** What the stages of a run have been given of snapshots in its present life, in bytes. */
  given({ run }: Pick<LinkIdentity, 'run'>): number {
    return this.#lives.get(run)?.given ?? 0;
  }

  close(run: string): void {
    this.#lives.delete(run);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, run = '', incarnation, generation, place = '', name = ''] = PATH.exec(request.url ?? '') ?? [];
    const life = this.#lives.get(plain(run));
    // Without a ticket, a client learns nothing, not even which runs exist.
    const stage = life?.stages.get(plain(name));
    const refused = refusal(request, stage?.ticket ?? newSecret(), this.hosts);
    if (refused !== undefined || life === undefined || stage === undefined) {
      return refuse(response, 403, refused ?? 'the token is wrong');
    }
    markAuthorized(request.socket);
    const { identity } = life;
    if (`${identity.incarnation}.${identity.generation}` !== `${incarnation}.${generation}`) {
      return refuse(response, 409, `the run is in generation ${identity.incarnation}.${identity.generation} now`);
    }
    const [kind = '', number] = place.split('/');
    const operation = operationOf(request.method, kind);
    if (operation === undefined)
      return refuse(response, 405, 'parts can only be PUT, and those of snapshots fetched with GET');
    if (!stage.operations.includes(operation)) return refuse(response, 403, `${plain(name)} may not ${operation}`);
    try {
      const { part } = stage;
      if (operation === 'get snapshot') await this.#give(response, life, Number(number), part);
      else await this.#uploads(() => this.#take(request, response, life, { operation, number: Number(number), part }));
    } catch (error) {
      const { code, message } = error as Error & { code?: unknown };
      answer(response, code === 'ERR_CHECKPOINT' ? 400 : 507, message);
    }
  }

  async #take(
    request: IncomingMessage,
    response: ServerResponse,
    life: Life,
    { operation, number, part }: Upload,
  ): Promise<void> {
    const { identity, keeper } = life;
    const isLook = operation === 'put look';
    const bytes = await readBody(request, isLook ? keeper.looks.mostBytes : keeper.largestPartBytes);
    // The next life may have begun, or the run may have ended, while they arrived.
    if (this.#lives.get(identity.run) !== life) {
      return answer(
        response,
        409,
        `the run has left generation ${identity.incarnation}.${identity.generation} meanwhile`,
      );
    }
    if (request.headers['content-digest'] !== contentDigest(bytes)) {
      return answer(response, 400, 'the digest does not match the content');
    }
    if (isLook) await keeper.looks.put(number, bytes);
    else if (operation === 'put snapshot') await keeper.putSnapshot(number, part, bytes);
    else await keeper.putModel(part, bytes);
    answer(response, 204, '');
  }

  async #give(response: ServerResponse, life: Life, step: number, part: string): Promise<void> {
    const bytes = await life.keeper.readSnapshot(step, part);
    life.given += bytes.byteLength;
    response.writeHead(200, { 'content-digest': contentDigest(bytes), 'content-length': bytes.byteLength }).end(bytes);
  }
}

/** What a stage may do follows from its role; a node's own program stores nothing here. */
function operationsOf({ role, program }: StagePlan): StoreOperation[] {
  if (program !== undefined) return [];
  const own = { feeder: [], layer: ['put model'], evaluator: ['put look'] } as const;
  return [...own[role], 'put snapshot', 'get snapshot'];
}

/** @param kind `model`, `snapshots` or `looks` */
function operationOf(method: string | undefined, kind: string): StoreOperation | undefined {
  if (method === 'GET') return kind === 'snapshots' ? 'get snapshot' : undefined;
  if (method !== 'PUT') return undefined;
  if (kind === 'model') return 'put model';
  return kind === 'looks' ? 'put look' : 'put snapshot';
}

/** Answers without reading the rest of the request, and so has to close the connection. */
function refuse(response: ServerResponse, status: number, text: string): void {
  response.setHeader('connection', 'close');
  answer(response, status, text);
}

/** A name with its escapes decoded; empty if they are malformed, so that it is nobody's. */
function plain(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return '';
  }
}

async function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) throw new RangeError(`no part of this run has more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

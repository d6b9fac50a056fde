import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LinkIdentity } from '@layerline/protocol';
import { contentDigest } from '@layerline/security';

/** `/parts/RUN/INCARNATION.GENERATION/model/PART` and `…/snapshots/STEP/PART` */
const PATH = /^\/parts\/([^/]+)\/(\d+)\.(\d+)\/(?:model|snapshots\/(\d+))\/([^/]+)$/;

/** Where the parts of a run are kept. */
export interface PartKeeper {
  /** No part is larger, in bytes. */
  readonly largestPartBytes: number;
  /** @throws Error which the stage is told */
  putModel(part: string, bytes: Uint8Array): Promise<void>;
  putSnapshot(step: number, part: string, bytes: Uint8Array): Promise<void>;
  readSnapshot(step: number, part: string): Promise<Uint8Array>;
}

/** A run as long as it is in one generation. */
interface Life {
  readonly identity: LinkIdentity;
  readonly keeper: PartKeeper;
}

/** Takes parts of models and snapshots from stages over HTTP, each checked against its digest, and gives them out again. */
export class PartServer {
  readonly #lives = new Map<string, Life>();

  /** The path that the parts of a life of a run are below. */
  static path({ run, incarnation, generation }: LinkIdentity): string {
    return `/parts/${encodeURIComponent(run)}/${incarnation}.${generation}`;
  }

  static serves(path: string): boolean {
    return path.startsWith('/parts/');
  }

  /** Serves a life of a run from here on, and no earlier one. */
  open(identity: LinkIdentity, keeper: PartKeeper): void {
    this.#lives.set(identity.run, { identity, keeper });
  }

  close(run: string): void {
    this.#lives.delete(run);
  }

  /** Answers a request that is authorized already. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, run = '', incarnation, generation, step, part = ''] = PATH.exec(plainPath(request.url)) ?? [];
    const life = this.#lives.get(run);
    if (life === undefined) return answer(response, 404, 'there is no such run here');
    const { identity, keeper } = life;
    if (`${identity.incarnation}.${identity.generation}` !== `${incarnation}.${generation}`) {
      return answer(response, 409, `the run is in generation ${identity.incarnation}.${identity.generation} now`);
    }
    try {
      if (request.method === 'PUT') await this.#take(request, response, life, step, part);
      else if (request.method === 'GET' && step !== undefined) await this.#give(response, keeper, Number(step), part);
      else answer(response, 405, 'parts are put, and those of snapshots got');
    } catch (error) {
      answer(response, 507, (error as Error).message);
    }
  }

  async #take(
    request: IncomingMessage,
    response: ServerResponse,
    life: Life,
    step: string | undefined,
    part: string,
  ): Promise<void> {
    const { identity, keeper } = life;
    const bytes = await readBody(request, keeper.largestPartBytes);
    // The next life may have begun, or the run have ended, while they came.
    if (this.#lives.get(identity.run) !== life) {
      return answer(
        response,
        409,
        `the run has left generation ${identity.incarnation}.${identity.generation} meanwhile`,
      );
    }
    if (request.headers['content-digest'] !== contentDigest(bytes)) {
      return answer(response, 400, 'the digest does not fit the content');
    }
    await (step === undefined ? keeper.putModel(part, bytes) : keeper.putSnapshot(Number(step), part, bytes));
    answer(response, 204, '');
  }

  async #give(response: ServerResponse, keeper: PartKeeper, step: number, part: string): Promise<void> {
    const bytes = await keeper.readSnapshot(step, part);
    response.writeHead(200, { 'content-digest': contentDigest(bytes), 'content-length': bytes.byteLength }).end(bytes);
  }
}

/** A path without escapes; empty where they are none, so that it fits nothing. */
function plainPath(path = ''): string {
  try {
    return decodeURIComponent(path);
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

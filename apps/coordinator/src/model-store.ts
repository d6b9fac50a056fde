import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelWriter } from '@layerline/checkpoint';

const PATH = /^\/runs\/([^/]+)\/model\/([^/]+)$/;
/** A part may be as large as the widest layer between two others of its kind: 65,536² fp32 numbers. */
const MAX_PART_BYTES = 2 ** 34 + 2 ** 20;

/** Takes the parts of models that stages upload over HTTP, each checked against its digest before it counts. */
export class ModelStore {
  readonly #writers = new Map<string, { readonly writer: ModelWriter; readonly failed: (error: Error) => void }>();

  /** The path that parts of a run are put under. */
  static path(run: string): string {
    return `/runs/${encodeURIComponent(run)}/model`;
  }

  /** Starts to take parts of a run. @param failed told when one could not be written */
  open(run: string, writer: ModelWriter, failed: (error: Error) => void): void {
    this.#writers.set(run, { writer, failed });
  }

  close(run: string): void {
    this.#writers.delete(run);
  }

  /** Answers a request that is authorized already. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const match = PATH.exec(request.url ?? '');
    const entry = this.#writers.get(decodeURIComponent(match?.[1] ?? ''));
    if (match === null || entry === undefined) return answer(response, 404, 'there is no such run');
    if (request.method !== 'PUT') return answer(response, 405, 'parts of a model are put, nothing else');
    try {
      const bytes = await readBody(request);
      const digest = createHash('sha256').update(bytes).digest('base64');
      if (request.headers['content-digest'] !== `sha-256=:${digest}:`) {
        return answer(response, 400, 'the digest does not fit the content');
      }
      await entry.writer.put(decodeURIComponent(match[2] ?? ''), bytes);
      answer(response, 204, '');
    } catch (error) {
      entry.failed(error as Error);
      answer(response, 507, (error as Error).message);
    }
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_PART_BYTES) throw new RangeError('a part of a model is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

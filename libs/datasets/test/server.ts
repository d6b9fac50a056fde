import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { PARTS, type Part } from '../src/sources.js';
import { fileName, type Contents } from './fixtures.js';

export interface Request {
  /** The file's name, without a path. */
  readonly file: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

/** What a mirror does with one request. `body` is the whole compressed file. */
export type Behaviour = (request: Request, body: Buffer, response: ServerResponse, earlier: number) => void;

export interface Mirror {
  /** Ends with a slash. */
  readonly url: string;
  readonly requests: Request[];
  /** Breaks all connections. */
  readonly hangUp: () => void;
}

/** Where nobody listens: connections are refused. */
export const NOBODY = 'http://127.0.0.1:2/';

/** A mirror on the loopback interface that serves a data set. Ends with the test. */
export async function mirror(
  t: { teardown: (end: () => void) => void },
  of: Contents,
  behave: Behaviour = serve,
): Promise<Mirror> {
  const bodies = new Map(PARTS.map((part: Part) => [`${fileName(part)}.gz`, gzipSync(of[part])]));
  const requests: Request[] = [];
  const server = createServer((incoming: IncomingMessage, response) => {
    const file = (incoming.url ?? '').replace(/^.*\//, '');
    const { range, 'if-range': ifRange } = incoming.headers;
    const request = { file, range, ifRange: typeof ifRange === 'string' ? ifRange : undefined };
    const earlier = requests.filter((other) => other.file === file).length;
    requests.push(request);
    behave(request, bodies.get(file) ?? Buffer.alloc(0), response, earlier);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, requests, hangUp: () => server.closeAllConnections() };
}

export const ETAG = '"v1"';

/** A good server: whole files, and byte ranges of them. */
export function serve(request: Request, body: Buffer, response: ServerResponse): void {
  const start = startOf(request);
  if (start === undefined || (request.ifRange !== undefined && request.ifRange !== ETAG)) {
    response.writeHead(200, { 'content-length': body.length, etag: ETAG }).end(body);
  } else if (start >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
  } else {
    response.writeHead(206, rangeHeaders(start, body)).end(body.subarray(start));
  }
}

export function startOf(request: Request): number | undefined {
  const start = /^bytes=(\d+)-$/.exec(request.range ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}

export function rangeHeaders(start: number, body: Buffer): Record<string, string | number> {
  return {
    'content-range': `bytes ${start}-${body.length - 1}/${body.length}`,
    'content-length': body.length - start,
    etag: ETAG,
  };
}

/** Begins a good server's response, and stops after `most` bytes. */
export function stop(request: Request, body: Buffer, response: ServerResponse, most: number): void {
  const start = startOf(request) ?? 0;
  if (start > 0) response.writeHead(206, rangeHeaders(start, body));
  else response.writeHead(200, { 'content-length': body.length, etag: ETAG });
  response.write(body.subarray(start, start + most));
}

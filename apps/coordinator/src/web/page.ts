import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { PageError } from '../errors.js';

/** Content codings that files are kept in beside themselves (RFC 9110, 8.4.1), the best first, and how their names end. */
const CODINGS: readonly (readonly [coding: string, ending: string])[] = [
  ['br', '.br'],
  ['gzip', '.gz'],
];

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};
const UNKNOWN_TYPE = 'application/octet-stream';

/** Files in here are named by a hash of what is in them. */
const HASHED = '/assets/';
const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_EACH_TIME = 'no-cache';

interface Body {
  readonly bytes: Buffer;
  readonly etag: string;
}

interface Resource {
  readonly plain: Body;
  /** By content coding, the best first. */
  readonly coded: ReadonlyMap<string, Body>;
}

/**
 * The dashboard's page. Its files, of some hundred kilobytes in all, are read once and served from memory: so a coordinator
 * that runs for weeks serves the page that it was started with, even while another version is being installed over it.
 */
export class Page {
  private constructor(readonly resources: ReadonlyMap<string, Resource>) {}

  /** Reads the page. @param folder as the build has left it, with compressed files beside the others @throws PageError */
  static async read(folder: string): Promise<Page> {
    try {
      const files = await bodiesIn(folder);
      const resources = new Map<string, Resource>();
      for (const [path, plain] of files) {
        if (CODINGS.some(([, ending]) => path.endsWith(ending))) continue;
        const coded = CODINGS.flatMap(([coding, ending]) => {
          const body = files.get(path + ending);
          return body === undefined ? [] : [[coding, body] as const];
        });
        resources.set(path, { plain, coded: new Map(coded) });
      }
      const index = resources.get('/index.html');
      if (index === undefined) throw new Error('there is no index.html');
      return new Page(resources.set('/', index));
    } catch (error) {
      throw new PageError(folder, error as Error);
    }
  }

  /** Answers a request for one of its files. @returns whether it was for one */
  handle({ method, url = '', headers }: IncomingMessage, response: ServerResponse): boolean {
    const [path = ''] = url.split('?', 1);
    const resource = this.resources.get(path);
    if (resource === undefined || (method !== 'GET' && method !== 'HEAD')) return false;
    const accepted = codingsOf(headers['accept-encoding'] ?? '');
    const coding = [...resource.coded.keys()].find((known) => accepted.has(known));
    const { bytes, etag } = (coding === undefined ? undefined : resource.coded.get(coding)) ?? resource.plain;
    response.setHeader('cache-control', path.startsWith(HASHED) ? FOR_EVER : ASK_EACH_TIME);
    response.setHeader('etag', etag);
    response.setHeader('vary', 'accept-encoding');
    if (headers['if-none-match'] === etag) {
      response.writeHead(304).end();
      return true;
    }
    if (coding !== undefined) response.setHeader('content-encoding', coding);
    const type = TYPES[path === '/' ? '.html' : extname(path)] ?? UNKNOWN_TYPE;
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
    return true;
  }
}

/** All files below a folder, by their path in the page's address. @throws the file system's error */
async function bodiesIn(folder: string): Promise<Map<string, Body>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }): Promise<[string, Body]> => {
        const file = join(parentPath, name);
        const bytes = await readFile(file);
        const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
        return [`/${relative(folder, file).replaceAll(sep, '/')}`, { bytes, etag: `"${digest}"` }];
      }),
    ),
  );
}

/** The codings that an `Accept-Encoding` header allows by name (RFC 9110, 12.5.3). */
function codingsOf(header: string): Set<string> {
  const offers = header.split(',').map((offer) => offer.split(';').map((part) => part.trim().toLowerCase()));
  return new Set(
    offers.flatMap(([name = '', ...parameters]) => {
      return parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) ? [] : [name];
    }),
  );
}

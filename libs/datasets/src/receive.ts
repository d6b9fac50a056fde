import { STATUS_CODES } from 'node:http';
import type { Response } from 'undici';
import { DownloadError, systemCode } from './errors.js';
import type { PartFile } from './part-file.js';
import { unreachableReason } from './unreachable.js';

export interface ReceiveOptions {
  /** More bytes than this mean a different file. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly stallMs: number;
  /** @param total undefined when the server does not say */
  readonly onBytes: (received: number, total: number | undefined) => void;
}

/**
 * Requests what a part still lacks (RFC 9110, section 14) and appends it, or starts over if the server sends the whole
 * file. Resolves once the response has ended. What arrived before a failure stays in the part.
 * @throws {DownloadError} on any failure of the network or the server, the signal included
 */
export async function receive(url: string, part: PartFile, options: ReceiveOptions): Promise<void> {
  const { host } = new URL(url);
  // Loaded only where something is downloaded.
  const { Network } = await import('./network.js');
  const network = new Network(url);
  const stalled = new AbortController();
  const watch = setTimeout(() => stalled.abort(), options.stallMs);
  try {
    const response = await network.fetch({
      headers: requestHeaders(part),
      signal: AbortSignal.any([options.signal, stalled.signal]),
    });
    const total = await place(response, part, host, network.via);
    if (total !== undefined && total === part.size) {
      await response.body?.cancel();
      return;
    }
    const etag = response.headers.get('etag') ?? undefined;
    // Only a strong ETag guarantees the same bytes.
    part.etag = etag?.startsWith('W/') === true ? undefined : etag;
    const body: AsyncIterable<Uint8Array> | readonly Uint8Array[] = response.body ?? [];
    for await (const chunk of body) {
      watch.refresh();
      if (part.size + chunk.length > options.maxBytes) {
        throw new DownloadError('ERR_DOWNLOAD_CONTENT', `${host} sent a different file (too large)`);
      }
      await store(part, chunk);
      options.onBytes(part.size, total);
    }
    if (total !== undefined && part.size < total) {
      throw new DownloadError('ERR_DOWNLOAD_INTERRUPTED', `${host} stopped at ${part.size} of ${total} bytes`);
    }
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    if (stalled.signal.aborted) {
      const message = `${host} sent nothing for ${options.stallMs / 1000} s${network.via}`;
      throw new DownloadError('ERR_DOWNLOAD_TIMEOUT', message, { cause: error });
    }
    throw networkError(host, error, network.via);
  } finally {
    clearTimeout(watch);
    await network.close();
  }
}

function requestHeaders(part: PartFile): Record<string, string> {
  // Without `identity` a server may compress once more, and byte ranges would count other bytes than the file's.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (part.size > 0) headers['range'] = `bytes=${part.size}-`;
  // The server then sends the whole file if it has changed.
  if (part.size > 0 && part.etag !== undefined) headers['if-range'] = part.etag;
  return headers;
}

/** Prepares the part for a response's body. Returns the size of the whole file if the server reports it. */
async function place(response: Response, part: PartFile, host: string, via: string): Promise<number | undefined> {
  const range = response.headers.get('content-range') ?? '';
  if (response.status === 200) {
    await part.clear();
    const length = response.headers.get('content-length');
    return length === null || response.headers.has('content-encoding') ? undefined : Number(length);
  }
  if (response.status === 206) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(range) ?? [];
    if (Number(start) === part.size) return Number(total);
  }
  if (response.status === 416 && part.size > 0 && range === `bytes */${part.size}`) return part.size;
  await response.body?.cancel();
  if (response.status === 206 || response.status === 416) {
    await part.clear();
    throw new DownloadError('ERR_DOWNLOAD_INTERRUPTED', `${host} could not resume the download where it had stopped`);
  }
  const temporary = response.status >= 500 || response.status === 408 || response.status === 429;
  const code = temporary ? 'ERR_DOWNLOAD_INTERRUPTED' : 'ERR_DOWNLOAD_STATUS';
  // undici leaves out what a status is called where a proxy is in between.
  const answer = `${response.status} ${STATUS_CODES[response.status] ?? ''}`.trimEnd();
  throw new DownloadError(code, `${host} answered ${answer}${via}`);
}

async function store(part: PartFile, chunk: Uint8Array): Promise<void> {
  try {
    await part.append(chunk);
  } catch (error) {
    const reason = systemCode(error) === 'ENOSPC' ? 'the disk is full' : (systemCode(error) ?? String(error));
    throw new DownloadError('ERR_DOWNLOAD_STORE', `Cannot write ${part.path}: ${reason}`, { cause: error });
  }
}

function networkError(host: string, error: unknown, via: string): DownloadError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const reason = unreachableReason(cause);
  if (reason !== undefined) return new DownloadError('ERR_DOWNLOAD_UNREACHABLE', `${host} ${reason}`, { cause });
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new DownloadError('ERR_DOWNLOAD_INTERRUPTED', `the connection to ${host} broke (${problem})${via}`, { cause });
}

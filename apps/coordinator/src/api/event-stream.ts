import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { compareEventIds, eventIdText, eventsQuery } from '@layerline/api';
import type { StreamItem } from '@layerline/api';
import { parse } from '@layerline/protocol';
import { follow } from '../events/follow.js';
import type { Followed } from '../events/follow.js';
import { queryOf } from './asked.js';
import type { Asked } from './asked.js';

/** Proxies take a connection on which nothing comes for dead, most of them after a minute. */
const HEARTBEAT_MS = 15_000;
/** When a browser that has lost its stream asks for it again. */
const RETRY_MS = 2_000;

/** How a stream of items is written. */
interface Format {
  readonly type: string;
  readonly beginning: string;
  readonly write: (item: StreamItem) => string;
  /** What can be said at any time, if anything can. */
  readonly heartbeat?: string;
}

const LINES: Format = {
  type: 'application/x-ndjson',
  beginning: '',
  write: (item) => `${JSON.stringify(item)}\n`,
};

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). The browser asks again for what comes
 * after the last `id` that it was sent.
 * @param resumes whether events of the record come after the head: then its id, which is past theirs, is not to be asked from
 */
function serverSent(resumes: boolean): Format {
  return {
    type: 'text/event-stream',
    beginning: `retry: ${RETRY_MS}\n\n`,
    write: (item) => {
      const id = item.type === 'run' && resumes ? '' : `id: ${item.id}\n`;
      return `${id}data: ${JSON.stringify(item)}\n\n`;
    },
    heartbeat: ':\n\n',
  };
}

/**
 * Sends the events of a run until it has ended or the reader leaves: as server-sent events to those who ask for them, else as
 * lines of JSON. Waits for readers that are behind.
 * @throws ProtocolError for what is no event's id, SlowFollowerError for a reader that is too far behind
 */
export async function streamEvents(run: Followed, asked: Asked, heartbeatMs = HEARTBEAT_MS): Promise<undefined> {
  const { request, response } = asked;
  const isPage = (request.headers.accept ?? '').includes('text/event-stream');
  // Asks again under the address that it first asked under, `after` included.
  const seen = isPage ? lastEventId(request) : undefined;
  if (seen !== undefined && run.last !== undefined && compareEventIds(seen, run.last.id) >= 0) {
    // The only answer after which a browser does not ask again.
    return void response.writeHead(204, { 'cache-control': 'no-store' }).end();
  }
  const after = seen ?? queryOf(asked, eventsQuery).after;
  const { type, beginning, write, heartbeat } = isPage ? serverSent(after !== undefined) : LINES;
  const left = new AbortController();
  response.on('close', () => left.abort());
  const items = follow(run, after, left.signal);
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  if (beginning !== '') response.write(beginning);
  const beat = (): void => {
    if (heartbeat !== undefined && !response.writableNeedDrain) response.write(heartbeat);
  };
  const heart = setInterval(beat, heartbeatMs);
  try {
    for await (const item of items) {
      if (!response.write(write(item))) await once(response, 'drain', { signal: left.signal }).catch(() => undefined);
    }
    response.end();
  } finally {
    clearInterval(heart);
  }
}

/** @throws ProtocolError */
function lastEventId({ headers }: IncomingMessage): string | undefined {
  const id = headers['last-event-id'];
  return id === undefined ? undefined : parse(eventIdText, id);
}

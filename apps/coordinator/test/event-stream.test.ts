import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { streamItem } from '@layerline/api';
import type { StreamItem } from '@layerline/api';
import { bearer } from '@layerline/security';
import t from 'tap';
import type { Test } from 'tap';
import { streamEvents } from '../src/api/event-stream.js';
import { BATCH, begunRun } from './support/cluster.js';
import type { BegunRun } from './support/cluster.js';

const LAYERS = [
  { positive: 2, negative: 1, separation: 0.9 },
  { positive: 1, negative: 1, separation: 0.5 },
];

/** A server-sent event. */
interface Sent {
  readonly id: string | undefined;
  readonly item: StreamItem;
}

/** Follows a run as a browser does. */
class Page {
  /** The last id that it was sent, which the next one asks from. */
  lastId: string | undefined;
  readonly #blocks: AsyncIterator<string[], undefined>;

  static async open(
    { coordinator, run }: BegunRun,
    { after = '', ...headers }: OutgoingHttpHeaders & { after?: string } = {},
  ): Promise<Page> {
    const sent = request({
      host: '127.0.0.1',
      port: coordinator.port,
      path: `/api/runs/${run.id}/events${after === '' ? '' : `?after=${after}`}`,
      headers: {
        accept: 'text/event-stream',
        authorization: bearer(coordinator.options.authority.tokens.viewer),
        ...headers,
      },
      agent: false,
    }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return new Page(sent, response);
  }

  constructor(
    readonly sent: ClientRequest,
    readonly response: IncomingMessage,
  ) {
    this.#blocks = blocksOf(response);
  }

  /** The next event. @returns undefined after the last */
  async next(): Promise<Sent | undefined> {
    for (;;) {
      const { done, value } = await this.#blocks.next();
      if (done === true) return undefined;
      const field = (name: string): string | undefined => {
        return value.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      };
      const data = field('data');
      if (data === undefined) continue;
      const id = field('id');
      this.lastId = id ?? this.lastId;
      return { id, item: streamItem.parse(JSON.parse(data)) };
    }
  }

  /** Reads until an event is as wanted. */
  async until(isLast: (item: StreamItem) => boolean): Promise<Sent[]> {
    const seen: Sent[] = [];
    for (;;) {
      const sent = await this.next();
      if (sent === undefined) return seen;
      seen.push(sent);
      if (isLast(sent.item)) return seen;
    }
  }

  cut(): void {
    this.sent.on('error', () => undefined).destroy();
  }
}

/** What blank lines separate in a stream. */
async function* blocksOf(response: IncomingMessage): AsyncGenerator<string[], undefined> {
  let block: string[] = [];
  try {
    for await (const line of createInterface(response)) {
      if (line !== '') {
        block.push(line);
        continue;
      }
      yield block;
      block = [];
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
}

/** The evaluator reports that training is at a batch. */
function train({ node, tasks }: BegunRun, batch: number): void {
  const trained = { epoch: 1, batch, images: batch * BATCH, trainSeconds: batch };
  const report = { type: 'training', scope: 'interval', layers: LAYERS, ...trained };
  node.event(tasks.at(-1) ?? '', { type: 'report', report });
}

const isAt = (batch: number) => (item: StreamItem) => item.type === 'training' && item.batch === batch;
const batchesOf = (sent: readonly Sent[]): number[] =>
  sent.flatMap(({ item }) => (item.type === 'training' ? [item.batch] : []));

async function begun(t: Test): Promise<BegunRun> {
  const run = await begunRun(t);
  run.node.begin(run.tasks);
  return run;
}

t.test('a page is told where the run stands, then each event under its id', async (t) => {
  const run = await begun(t);
  const page = await Page.open(run);
  t.match(page.response, {
    statusCode: 200,
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  });
  const head = await page.next();
  t.match(head, { item: { type: 'run', status: { id: run.run.id } } });
  t.equal(head?.id, head?.item.id);
  train(run, 1);
  const sent = await page.until(isAt(1));
  for (const { id, item } of sent) t.equal(id, item.id);
  page.cut();
});

t.test('a page whose connection was cut goes on where it was, wherever that is', async (t) => {
  const run = await begun(t);
  const first = await Page.open(run);
  train(run, 1);
  await first.until(isAt(1));
  first.cut();
  for (const batch of [2, 3, 4]) train(run, batch);
  await (
    await Page.open(run)
  ).until(({ type, ...item }) => type === 'run' && 'status' in item && item.status.images === 4 * BATCH);
  const seen = { 'last-event-id': first.lastId };

  const cutAtHead = await Page.open(run, seen);
  t.match(
    await cutAtHead.next(),
    { id: undefined, item: { type: 'run' } },
    'what comes next is older than where it stands',
  );
  t.equal(cutAtHead.lastId, undefined, 'so that it goes on from where it was');
  cutAtHead.cut();

  const cutWithin = await Page.open(run, seen);
  t.same(batchesOf(await cutWithin.until(isAt(2))), [2]);
  cutWithin.cut();

  const last = await Page.open(run, { 'last-event-id': cutWithin.lastId, after: '0.0.0' });
  train(run, 5);
  t.same(batchesOf(await last.until(isAt(5))), [3, 4, 5], 'what it has seen counts, not what it first asked for');
  last.cut();
  const all = await Page.open(run, { after: '0.0.0' });
  t.same(batchesOf(await all.until(isAt(5))), [1, 2, 3, 4, 5]);
  all.cut();
  t.equal((await Page.open(run, { 'last-event-id': 'never' })).response.statusCode, 400);
});

t.test('the stream ends with the run, and whoever has seen the end is not told it again', async (t) => {
  const run = await begun(t);
  const page = await Page.open(run);
  await run.run.abort();
  const sent = await page.until(() => false);
  t.match(sent.at(-1), { item: { type: 'ended' } });
  t.ok(page.response.complete);
  const ended = page.lastId ?? '';
  for (const id of [ended, '9.0.0']) {
    const again = await Page.open(run, { 'last-event-id': id });
    t.equal(again.response.statusCode, 204, id);
    t.equal(await again.next(), undefined);
  }
  const late = await Page.open(run, { after: ended });
  const told = await late.until(() => false);
  t.same(
    told.map(({ item }) => item.type),
    ['run', 'ended'],
    'who merely asks from there is told',
  );
  const before = await Page.open(run, { 'last-event-id': '0.0.1' });
  t.match((await before.until(() => false)).at(-1), { id: ended, item: { type: 'ended' } });
});

t.test('many pages keep nobody waiting', async (t) => {
  const run = await begun(t);
  const pages = await Promise.all(Array.from({ length: 7 }, () => Page.open(run)));
  train(run, 1);
  for (const page of pages) t.same(batchesOf(await page.until(isAt(1))), [1]);
  const eighth = await Page.open(run);
  t.match(await eighth.next(), { item: { type: 'run' } });
  for (const page of [...pages, eighth]) page.cut();
});

t.test('a page that does not read is let go, and others do not notice', async (t) => {
  const run = await begun(t);
  const stalled = await Page.open(run);
  const closed = new Promise((resolve) => stalled.response.on('close', resolve));
  stalled.response.on('error', () => undefined).pause();
  const reading = await Page.open(run);
  const emitAndRead = async (sentences: readonly string[]): Promise<void> => {
    for (const sentence of sentences) run.run.run.events.emit({ type: 'notice', sentence });
    const isLast = (item: StreamItem): boolean => item.type === 'notice' && item.sentence === sentences.at(-1);
    const told = (await reading.until(isLast)).filter(({ item }) => item.type === 'notice');
    t.equal(told.length, sentences.length);
  };
  // More than the system buffers for a connection, and then more than the coordinator does.
  const padding = 'x'.repeat(2 ** 16);
  await emitAndRead(Array.from({ length: 300 }, (_, event) => `${event} ${padding}`));
  for (let part = 1; part <= 21; part++) {
    await emitAndRead(Array.from({ length: 1_000 }, (_, event) => `${part}.${event}`));
  }
  stalled.response.resume();
  await closed;
  t.notOk(stalled.response.complete, 'cut off');
  reading.cut();
});

t.test('a connection on which nothing happens is kept alive', async (t) => {
  const { run } = await begun(t);
  const server = createServer((incoming, response) => {
    const asked = { request: incoming, response, parameters: {}, query: new URLSearchParams(), principals: [] };
    void streamEvents(run.run, asked, 1);
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: '127.0.0.1', port, headers: { accept: 'text/event-stream' }, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const lines = blocksOf(response);
  for (;;) {
    const { value = [] } = await lines.next();
    if (value[0] === ':') break;
  }
  t.pass('a comment comes, which is no event');
  sent.on('error', () => undefined).destroy();
});

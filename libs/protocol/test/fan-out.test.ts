import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { Packr } from 'msgpackr';
import t from 'tap';
import type { WebSocket } from 'ws';
import { FanOut, OutboundLink } from '../src/index.js';
import type { Frame, InboundLink, Rows } from '../src/index.js';
import { encode, END, envelope, HOST, IDENTITY, link, rawConsumer, rows, sizeOf, TICKET } from './support.js';

type Test = { teardown(end: () => void): void };

const packr = new Packr({ useRecords: false });
/** Large enough to be sent from the memory that it lies in. */
const FRAME = rows(40, 70);
const SIZE = sizeOf(FRAME);
/** Frames that a consumer takes before it has read any. */
const FIRST_WINDOW = 3;

/** A stage with consumers that read in order. */
async function readers(t: Test, count: number): Promise<{ fanOut: FanOut; inbounds: InboundLink[] }> {
  const { outbound, inbound } = await link(t, SIZE);
  const others = await Promise.all(Array.from({ length: count - 1 }, () => link(t, SIZE)));
  const fanOut = new FanOut([outbound, ...others.map(({ outbound }) => outbound)]);
  return { fanOut, inbounds: [inbound, ...others.map(({ inbound }) => inbound)] };
}

/** A link whose consumer does what a test wants. */
async function toRaw(t: Test, consumer: string): Promise<{ outbound: OutboundLink; socket: WebSocket }> {
  const options = { host: HOST, ticket: TICKET, identity: IDENTITY, maxFrameBytes: SIZE };
  const server = OutboundLink.server({ ...options, consumer });
  const socket = await rawConsumer(await server.listen());
  t.teardown(() => {
    socket.terminate();
    server.close();
  });
  return { outbound: await server.connected(), socket };
}

/** A stage with two consumers that do what a test wants. */
async function toTwo(t: Test): Promise<{ fanOut: FanOut; sockets: [WebSocket, WebSocket] }> {
  const [first, second] = [await toRaw(t, 'layer-3/1'), await toRaw(t, 'layer-3/2')];
  return { fanOut: new FanOut([first.outbound, second.outbound]), sockets: [first.socket, second.socket] };
}

function grant(socket: WebSocket, bytes: number): void {
  const { incarnation, generation } = IDENTITY;
  socket.send(packr.pack({ type: 'credit', incarnation, generation, bytes }));
}

async function message(socket: WebSocket): Promise<Buffer> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return data;
}

/** Waits until all consumers have answered everything that was sent so far. */
async function roundTrip({ links }: FanOut): Promise<void> {
  for (const { socket } of links) {
    socket.ping();
    await once(socket, 'pong');
  }
}

/** A frame that counts how often it is released. */
function counting(): { readonly frame: Rows; readonly released: Promise<void>; readonly releases: () => number } {
  let count = 0;
  let resolve!: () => void;
  const released = new Promise<void>((settle) => (resolve = settle));
  const release = (): void => {
    count++;
    resolve();
  };
  return { frame: { ...FRAME, release }, released, releases: () => count };
}

t.test('all consumers get all frames in order until the end, and then everybody lets go', async (t) => {
  const { fanOut, inbounds } = await readers(t, 3);
  const frames: Frame[] = [...Array.from({ length: 50 }, (_, batch) => rows(batch % 40, 70, batch)), END];
  const sending = (async () => {
    for (const frame of frames) await fanOut.send(frame);
    await fanOut.drained();
  })();
  const read = async (inbound: InboundLink): Promise<Frame[]> => {
    const received: Frame[] = [];
    for await (const frame of inbound) received.push(frame);
    return received;
  };
  for (const received of await Promise.all(inbounds.map(read))) t.ok(isDeepStrictEqual(received, frames));
  await sending;
  const bytes = frames.reduce((total, frame) => total + sizeOf(frame), 0);
  t.equal(fanOut.accounts.length, 3);
  for (const account of fanOut.accounts) t.match(account, { frames: frames.length, bytes }, 'each link counts its own');
});

t.test('all consumers get the same bytes, which are made once', async (t) => {
  const { fanOut, sockets } = await toTwo(t);
  const messages = Promise.all(sockets.map(message));
  for (const socket of sockets) grant(socket, SIZE);
  const encodings = fanOut.links.map((link) => t.capture(link, 'encode', link.encode.bind(link)));
  await fanOut.send(FRAME);
  const expected = Buffer.from(encode(FRAME, envelope(0)));
  for (const bytes of await messages) t.ok(bytes.equals(expected));
  t.same(
    encodings.map((calls) => calls().length),
    [1, 0],
  );
});

t.test('the slowest consumer holds the stage up', async (t) => {
  const { fanOut, inbounds } = await readers(t, 2);
  const [fast, slow] = inbounds.map((inbound) => inbound[Symbol.asyncIterator]());
  for (let times = 0; times < FIRST_WINDOW; times++) {
    await fanOut.send(FRAME);
    await fast?.next();
  }
  let isSent = false;
  const sending = fanOut.send(FRAME).then(() => (isSent = true));
  await fast?.next();
  for (let times = 0; times < 10; times++) await roundTrip(fanOut);
  t.notOk(isSent);
  const frames = fanOut.accounts.map(({ frames }) => frames);
  t.same(frames, [FIRST_WINDOW + 1, FIRST_WINDOW], 'the other one has its frame');
  await slow?.next();
  await sending;
  fanOut.close();
});

t.test('a frame is released once, and not before the last link has let go of it', async (t) => {
  const { fanOut, sockets } = await toTwo(t);
  const counted = counting();
  const [fast, slow] = sockets;
  const sending = fanOut.send(counted.frame);
  const first = message(fast);
  grant(fast, SIZE);
  await first;
  await roundTrip(fanOut);
  t.equal(counted.releases(), 0);
  const second = message(slow);
  grant(slow, SIZE);
  await Promise.all([sending, second]);
  await roundTrip(fanOut);
  t.equal(counted.releases(), 1);
});

t.test('when a consumer dies, the stage hears which one', async (t) => {
  const { fanOut, sockets } = await toTwo(t);
  const counted = counting();
  const [alive, dying] = sockets;
  const sending = fanOut.send(counted.frame);
  grant(alive, SIZE);
  await message(alive);
  dying.terminate();
  const lost = { name: 'ConnectionLostError', code: 'ERR_CONNECTION_LOST', peer: 'layer-3/2' };
  await t.rejects(sending, lost);
  t.equal(counted.releases(), 1, 'the dead one holds no memory');
  await t.rejects(fanOut.send(FRAME), lost);
  await t.rejects(fanOut.drained(), lost);
});

t.test('a frame that no consumer will take any more is released', async (t) => {
  const { fanOut, sockets } = await toTwo(t);
  const counted = counting();
  const sending = fanOut.send(counted.frame);
  sockets[0].terminate();
  // That the other one is lost as well, nobody waits to hear: it must not end this process.
  await t.rejects(sending, { code: 'ERR_CONNECTION_LOST', peer: 'layer-3/1' });
  t.equal(counted.releases(), 0, 'the other one could still take it');
  fanOut.close();
  await counted.released;
  await t.rejects(fanOut.drained(), { code: 'ERR_CONNECTION_LOST' });
  t.equal(counted.releases(), 1);
});

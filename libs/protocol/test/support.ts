import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { bearer } from '@layerline/security';
import { Packr } from 'msgpackr';
import { WebSocket, WebSocketServer } from 'ws';
import { byteLength, encodeFrame, InboundLink, OutboundLink } from '../src/index.js';
import type { LinkServer } from '../src/index.js';
import type { Barrier, Capabilities, Envelope, LinkIdentity, LinkMessage, Rows, Sums } from '../src/index.js';

export const HOST = '127.0.0.1';
/** What links speak. */
export const PROTOCOL = 'layerline-link.2';
export const TICKET = 'the ticket of this link';
export const IDENTITY: LinkIdentity = { run: 'run-1', incarnation: 2, generation: 3 };
/** Incarnations and generations of lives before that of {@link IDENTITY}. */
export const OLDER_LIVES = [
  [2, 2],
  [1, 3],
  [1, 9],
  [0, 0],
] as const;
/** The producer's side of a link of small frames. */
export const TOWARDS = { ticket: TICKET, consumer: 'layer-2', identity: IDENTITY, maxFrameBytes: 4096 } as const;
export const END: Barrier = { kind: 'barrier', order: { type: 'end', outcome: 'completed' } };

const packr = new Packr({ useRecords: false });

/** Numbers 0 … 2³²−1 that are the same in every run of the tests (xorshift32). */
export function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

export function envelope(sequence = 0, identity: LinkIdentity = IDENTITY): Envelope {
  return { ...identity, sequence };
}

/** Training rows with an `activations` block of 2 × pairs rows and a few labels. */
export function rows(pairs: number, columns: number, batch = 0): Rows {
  const data = Float32Array.from({ length: 2 * pairs * columns }, (_, index) => Math.fround(batch + index / 7));
  return {
    kind: 'rows',
    purpose: 'train',
    epoch: 1,
    batch,
    positive: pairs,
    negative: pairs,
    neutral: 0,
    blocks: [
      { name: 'activations', type: 'f32', shape: [2 * pairs, columns], data },
      { name: 'labels', type: 'u8', shape: [pairs, 1], data: Uint8Array.from({ length: pairs }, (_, row) => row % 10) },
    ],
  };
}

/** What a shard has summed up for some rows, over three blocks of its units. */
export function sums(rows: number, batch = 0): Sums {
  const data = Float64Array.from({ length: 3 * rows }, (_, index) => batch + index / 7);
  const blocks = [{ name: 'sums', type: 'f64', shape: [rows, 3], data }] as const;
  return { kind: 'sums', purpose: 'train', epoch: 1, batch, blocks };
}

/** A frame as one piece of memory. */
export function encode(frame: LinkMessage, head: Envelope = envelope()): Uint8Array {
  return new Uint8Array(Buffer.concat(encodeFrame(head, frame)));
}

/** A frame's length on the wire. */
export function sizeOf(frame: LinkMessage): number {
  return byteLength(encodeFrame(envelope(), frame));
}

/** Bytes laid out like a frame, with whatever header. @param packed the header, where it is bytes already */
export function craft(header: unknown, body: Uint8Array = new Uint8Array(0), packed?: Uint8Array): Uint8Array {
  const bytes = packed ?? packr.pack(header);
  const start = Math.ceil((8 + bytes.length) / 16) * 16;
  const frame = new Uint8Array(start + body.length);
  frame.set(Buffer.from('LLF1'));
  new DataView(frame.buffer).setUint32(4, bytes.length, true);
  frame.set(bytes, 8);
  frame.set(body, start);
  return frame;
}

/** A consumer that says whatever a test wants. */
export async function rawConsumer(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${HOST}:${port}/link`, PROTOCOL, { headers: { authorization: bearer(TICKET) } });
  await once(socket, 'open');
  return socket;
}

/** A link that is dialled to one that sends whatever bytes a test wants, one message each. */
export async function dialHostile<Link extends { close(): void }>(
  t: { teardown(end: () => void): void },
  dial: (port: number) => Promise<Link>,
  messages: readonly (Uint8Array | string)[],
): Promise<{ link: Link; socket: WebSocket }> {
  const server = new WebSocketServer({ host: HOST, port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  const link = await dial((server.address() as AddressInfo).port);
  const socket = await accepted;
  t.teardown(() => {
    link.close();
    for (const client of server.clients) client.terminate();
    server.close();
  });
  socket.on('error', () => undefined);
  for (const bytes of messages) socket.send(bytes);
  return { link, socket };
}

export interface Pair {
  readonly server: LinkServer<OutboundLink>;
  readonly outbound: OutboundLink;
  readonly inbound: InboundLink;
}

/** Two ends of a link over a real socket, closed when the test ends. */
export async function link(t: { teardown(end: () => void): void }, maxFrameBytes: number): Promise<Pair> {
  const server = OutboundLink.server({ host: HOST, ...TOWARDS, maxFrameBytes });
  const port = await server.listen();
  const inbound = await InboundLink.dial({
    address: `ws://${HOST}:${port}`,
    ticket: TICKET,
    producer: 'layer-1',
    identity: IDENTITY,
    maxFrameBytes,
  });
  const outbound = await server.connected();
  t.teardown(() => {
    inbound.close();
    server.close();
  });
  return { server, outbound, inbound };
}

/** What a node says that it has. */
export const CAPABILITIES: Capabilities = {
  host: HOST,
  ports: { from: 7000, to: 7010 },
  dialsOut: false,
  cores: 2,
  memory: 1e9,
  slots: 4,
  engines: [{ backend: 'onnx/c-api', version: '1', millisecondsPerStep: 2.5 }],
  datasets: [
    {
      name: 'mnist',
      reference: { name: 'mnist', directory: '/data' },
      summary: {
        spec: { kind: 'images', height: 28, width: 28, channels: 1, classes: ['a', 'b'], label: 'overwrite' },
        ...{ sha256: 'abab', trainByClass: [3, 4], testRows: 10_000 },
      },
    },
  ],
  programs: [],
};

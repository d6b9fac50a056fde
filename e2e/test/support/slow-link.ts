/**
 * `slow-link.js HOST FROM-TO`: a long, thin cable before a machine's ports. Listens on those ports of HOST, and passes what
 * comes on to the same ports of the loopback, late and slowly, and likewise what comes back.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const DELAY_MS = 20;
const BYTES_PER_MS = 20_000;
/** On the way at once; with the 64 KiB that a socket is read in, more than what fits into the cable. */
const MOST_CHUNKS = 32;

interface Chunk {
  readonly bytes: Buffer;
  readonly due: number;
}

/** One direction of the cable, which all connections share. */
class Direction {
  #freeAt = 0;

  /** When bytes that are put in now come out at the other end. */
  dueOf(bytes: number): number {
    this.#freeAt = Math.max(performance.now(), this.#freeAt) + bytes / BYTES_PER_MS;
    return this.#freeAt + DELAY_MS;
  }

  /** Carries all that comes from one socket to another. */
  async carry(from: Socket, to: Socket): Promise<void> {
    const entrance = new Transform({
      readableObjectMode: true,
      readableHighWaterMark: MOST_CHUNKS,
      transform: (bytes: Buffer, _, done) => done(null, { bytes, due: this.dueOf(bytes.length) } satisfies Chunk),
    });
    await pipeline(from, entrance, exit, to);
  }
}

async function* exit(chunks: AsyncIterable<Chunk>): AsyncGenerator<Buffer> {
  for await (const { bytes, due } of chunks) {
    await sleep(Math.max(0, due - performance.now()));
    yield bytes;
  }
}

const [host = '', range = ''] = process.argv.slice(2);
const [first = NaN, last = NaN] = range.split('-').map(Number);
const inwards = new Direction();
const outwards = new Direction();
for (let port = first; port <= last; port++) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (outside) => {
    const inside = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    // A connection that breaks off on one side is broken off on the other: the pipelines see to that.
    void Promise.allSettled([inwards.carry(outside, inside), outwards.carry(inside, outside)]);
  });
  await once(server.listen(port, host), 'listening');
}
process.stdout.write('ready\n');

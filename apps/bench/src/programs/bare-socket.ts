/**
 * Sends as many bytes as frames have over a TCP socket with nothing on top of it, to a process of their own consumer: what
 * no transport between two Node processes gets below.
 *
 * `node bare-socket.js '{"bytes": 1601056, "frames": 500, "warmUpFrames": 50}'` prints one line of JSON.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { letHeapGrow } from '@layerline/stage';
import { runForJson } from '../child.js';
import { startUsage, usageSchema } from '../usage.js';
import type { BareOptions, BareRun } from '../transport.js';

const HOST = '127.0.0.1';

letHeapGrow();
const options = JSON.parse(process.argv[2] ?? '') as BareOptions & { readonly port?: number };
const { bytes, frames, warmUpFrames, port } = options;
const result = port === undefined ? await send() : await receive(port);
process.stdout.write(`${JSON.stringify(result)}\n`);

async function send(): Promise<BareRun> {
  const server = createServer({ noDelay: true });
  await once(server.listen(0, HOST), 'listening');
  const args = [fileURLToPath(import.meta.url), JSON.stringify({ ...options, ...portOf(server.address()) })];
  const receiving = runForJson({ name: 'bare receiver', program: process.execPath, args }, usageSchema);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const frame = new Uint8Array(bytes);
  const write = (): Promise<void> =>
    new Promise((resolve, reject) => socket.write(frame, (error) => (error ? reject(error) : resolve())));
  for (let sent = 0; sent < warmUpFrames; sent++) await write();
  const usage = startUsage();
  for (let sent = 0; sent < frames; sent++) await write();
  const sender = usage(frames);
  socket.end();
  server.close();
  return { sender, receiver: await receiving };
}

async function receive(port: number): Promise<BareRun['receiver']> {
  const socket = connect({ host: HOST, port });
  let usage = startUsage();
  let left = warmUpFrames * bytes;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const before = left;
    left -= chunk.length;
    if (before > 0 && left <= 0) usage = startUsage();
  }
  return usage(frames);
}

function portOf(address: AddressInfo | string | null): Pick<AddressInfo, 'port'> {
  return { port: (address as AddressInfo).port };
}

/**
 * Sends frames to a process of their own consumer, as a layer would, and measures both ends.
 *
 * `node transport-sender.js '{"pairs": 100, "units": 2000, "frames": 500, "warmUpFrames": 50}'` prints one line of JSON.
 */
import { fileURLToPath } from 'node:url';
import { byteLength, decodeFrame, encodeFrame, OutboundLink } from '@layerline/protocol';
import type { Rows } from '@layerline/protocol';
import { newSecret } from '@layerline/security';
import { letHeapGrow } from '@layerline/stage';
import { runForJson } from '../child.js';
import { IDENTITY, trainingFrame } from '../frames.js';
import { median } from '../statistics.js';
import type { ReceiverOptions, TransportOptions, TransportRun } from '../transport.js';
import { startUsage, usageSchema } from '../usage.js';

const HOST = '127.0.0.1';
const RECEIVER = fileURLToPath(new URL('./transport-receiver.js', import.meta.url));
/** Calls of the codec that are timed, and calls before those. */
const CODEC_CALLS = 300;
const CODEC_WARM_UP = 100;

// As in a stage.
letHeapGrow();
const { pairs, units, frames, warmUpFrames } = JSON.parse(process.argv[2] ?? '') as TransportOptions;
const frame = trainingFrame({ pairs, units, layers: 1 });
const codec = timeCodec(frame);

const ticket = newSecret();
const maxFrameBytes = byteLength(encodeFrame({ ...IDENTITY, sequence: warmUpFrames + frames }, frame));
const server = OutboundLink.server({ host: HOST, ticket, consumer: 'receiver', identity: IDENTITY, maxFrameBytes });
const port = await server.listen();
const options: ReceiverOptions = { address: `ws://${HOST}:${port}`, ticket, maxFrameBytes, frames, warmUpFrames };
const command = { name: 'receiver', program: process.execPath, args: [RECEIVER, JSON.stringify(options)] };
// Where the receiver fails before the stream is through, nobody waits for this yet: the rejection ends the program.
const receiving = runForJson(command, usageSchema);
const link = await server.connected();
for (let sent = 0; sent < warmUpFrames; sent++) await link.send(frame);
const bytesBefore = link.account.bytes;
const usage = startUsage();
for (let sent = 0; sent < frames; sent++) await link.send(frame);
const bytesPerFrame = Math.round((link.account.bytes - bytesBefore) / frames);
await link.send({ kind: 'barrier', order: { type: 'end', outcome: 'completed' } });
await link.drained();
const sender = usage(frames);
server.close();
const result: TransportRun = { bytesPerFrame, sender, receiver: await receiving, ...codec };
process.stdout.write(`${JSON.stringify(result)}\n`);

/** The codec without a link, in milliseconds a call. */
function timeCodec(rows: Rows): { readonly encode: number; readonly decode: number } {
  const envelope = { ...IDENTITY, sequence: 0 };
  const parts = encodeFrame(envelope, rows);
  return {
    encode: medianTime(() => encodeFrame(envelope, rows)),
    decode: medianTime(() => decodeFrame(parts)),
  };
}

function medianTime(call: () => unknown): number {
  const times: number[] = [];
  for (let repeat = 0; repeat < CODEC_WARM_UP + CODEC_CALLS; repeat++) {
    const start = performance.now();
    call();
    if (repeat >= CODEC_WARM_UP) times.push(performance.now() - start);
  }
  return median(times);
}

import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { runForJson } from './child.js';
import { spread } from './statistics.js';
import type { Spread } from './statistics.js';
import { usageSchema } from './usage.js';

/** What is asked of the program that sends frames. */
export interface TransportOptions {
  /** Pairs of rows in a frame. */
  readonly pairs: number;
  /** Width of the layer that would send such frames. */
  readonly units: number;
  /** Frames that are measured. */
  readonly frames: number;
  /** Frames before those, until the code is compiled and the memory is there. */
  readonly warmUpFrames: number;
}

/** What is asked of the program that takes them. */
export interface ReceiverOptions {
  /** `ws://host:port` of the sender. */
  readonly address: string;
  readonly ticket: string;
  readonly maxFrameBytes: number;
  readonly frames: number;
  readonly warmUpFrames: number;
}

/** What the sender says in its last line. */
export const transportRunSchema = z.object({
  /** On the wire, without what WebSocket and TCP add. */
  bytesPerFrame: z.number().int().positive(),
  sender: usageSchema,
  receiver: usageSchema,
  /** Of one call alone, in milliseconds: making a frame's header, and reading a frame that is in memory. */
  encode: z.number().nonnegative(),
  decode: z.number().nonnegative(),
});
export type TransportRun = z.infer<typeof transportRunSchema>;

/** What is asked of the program that sends bytes over a bare socket. */
export interface BareOptions {
  /** Of a frame. */
  readonly bytes: number;
  readonly frames: number;
  readonly warmUpFrames: number;
}

export const bareRunSchema = z.object({ sender: usageSchema, receiver: usageSchema });
export type BareRun = z.infer<typeof bareRunSchema>;

/** One width over all repeats. Times are milliseconds a frame. Plain JSON. */
export interface Transport {
  readonly units: number;
  readonly bytesPerFrame: number;
  readonly sender: { readonly cpu: Spread; readonly wall: Spread };
  readonly receiver: { readonly cpu: Spread; readonly wall: Spread };
  readonly encode: Spread;
  readonly decode: Spread;
  /** CPU time of both ends for the same bytes over a TCP socket with nothing on top: what no link gets below. */
  readonly bare: Spread;
}

export interface TransportStudyOptions {
  readonly pairs: number;
  readonly widths: readonly number[];
  readonly frames: number;
  readonly repeats: number;
  readonly say: (line: string) => void;
}

const LINK = fileURLToPath(new URL('./programs/transport-sender.js', import.meta.url));
const BARE = fileURLToPath(new URL('./programs/bare-socket.js', import.meta.url));
const WARM_UP_FRAMES = 50;

/**
 * Measures what frames cost between two processes on loopback, through the product's own links and without TLS.
 * Nothing but transport goes on in either process, so all of its CPU time is transport's. On loopback the kernel
 * does some of the receiver's work within the sender's calls: the sum of both says more than either.
 * @throws ProgramError
 */
export async function measureTransport(options: TransportStudyOptions): Promise<Transport[]> {
  const { pairs, widths, frames, repeats, say } = options;
  const results: Transport[] = [];
  for (const units of widths) {
    const runs: (TransportRun & { readonly bare: BareRun })[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const name = `transport of ${units} units`;
      const counts = { frames, warmUpFrames: WARM_UP_FRAMES };
      const link = await runProgram(name, LINK, { pairs, units, ...counts }, transportRunSchema);
      const bare = await runProgram(name, BARE, { bytes: link.bytesPerFrame, ...counts }, bareRunSchema);
      runs.push({ ...link, bare });
    }
    const result = summarize(units, runs);
    const { bare } = result;
    say(
      `transport, ${units} units: ${transportCpu(result).toFixed(2)} ms of CPU a frame, ${bare.median.toFixed(2)} bare`,
    );
    results.push(result);
  }
  return results;
}

/** CPU time of both ends, in milliseconds a frame: what a stage between two of its like spends on transport. */
export function transportCpu({ sender, receiver }: Transport): number {
  return sender.cpu.median + receiver.cpu.median;
}

/**
 * Transport's share of all the CPU time that a stage spends on a frame.
 * @param compute CPU time of the stage's forward pass and learning, in milliseconds a frame
 * @returns from 0 to 1
 */
export function transportShare(transport: Transport, compute: number): number {
  const cpu = transportCpu(transport);
  return cpu / (cpu + compute);
}

function runProgram<Run>(
  name: string,
  program: string,
  options: TransportOptions | BareOptions,
  schema: z.ZodType<Run>,
): Promise<Run> {
  return runForJson({ name, program: process.execPath, args: [program, JSON.stringify(options)] }, schema);
}

/** @throws RangeError for no runs */
function summarize(units: number, runs: readonly (TransportRun & { readonly bare: BareRun })[]): Transport {
  const over = (read: (run: (typeof runs)[number]) => number): Spread => spread(runs.map(read));
  return {
    units,
    bytesPerFrame: over(({ bytesPerFrame }) => bytesPerFrame).max,
    sender: { cpu: over(({ sender }) => sender.cpu), wall: over(({ sender }) => sender.wall) },
    receiver: { cpu: over(({ receiver }) => receiver.cpu), wall: over(({ receiver }) => receiver.wall) },
    encode: over(({ encode }) => encode),
    decode: over(({ decode }) => decode),
    bare: over(({ bare }) => bare.sender.cpu + bare.receiver.cpu),
  };
}

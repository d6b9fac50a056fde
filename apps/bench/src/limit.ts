import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { runForJson } from './child.js';
import type { Command } from './child.js';
import type { Absence } from './comparison.js';
import { PEERS } from './contestants/python.js';
import { InterruptedError, passInterruption } from './errors.js';
import { onOneCore } from './machine.js';
import type { PythonEnvironment } from './python-environment.js';

/** What is asked of a program that measures products. */
export interface GemmOptions {
  readonly threads: number;
  /** Rows and columns of the matrices that are tried. */
  readonly sizes: readonly number[];
  /** For each size. */
  readonly seconds: number;
}

const gemmSchema = z.object({
  version: z.string(),
  threads: z.number(),
  /** The size that was the fastest. */
  size: z.number(),
  gflops: z.number().positive(),
});

/** The peak of a library on one core or on all. */
export interface Peak extends z.infer<typeof gemmSchema> {
  readonly library: string;
}

/** How fast this machine multiplies matrices in single precision, through several libraries. */
export interface Limit {
  readonly peaks: readonly Peak[];
  readonly absent: readonly Absence[];
}

/** The library that Layerline computes with. */
export const OWN_LIBRARY = 'ONNX Runtime';

const ONNX_PROGRAM = fileURLToPath(new URL('./programs/onnx-gemm.js', import.meta.url));
const SIZES = [1024, 2048];

/**
 * Measures the peak of every library that is here, on one core and on all. An interruption leaves those that are known.
 * @throws InterruptedError where none is
 */
export async function measureLimit(
  python: PythonEnvironment,
  { seconds, say }: { readonly seconds: number; readonly say: (line: string) => void },
): Promise<Limit> {
  const peaks: Peak[] = [];
  const absent: Absence[] = [...python.absent];
  for (const library of [OWN_LIBRARY, ...python.packages]) {
    for (const threads of new Set([1, availableParallelism()])) {
      try {
        const command = gemmCommand(library, python, { threads, sizes: SIZES, seconds });
        const peak = { library, ...(await runForJson(command, gemmSchema)) };
        say(`${library} ${peak.version}, ${threads} threads: ${Math.round(peak.gflops)} GFLOPS`);
        peaks.push(peak);
      } catch (error) {
        if (error instanceof InterruptedError && peaks.length > 0) return { peaks, absent };
        passInterruption(error);
        absent.push({ name: library, reason: (error as Error).message });
      }
    }
  }
  return { peaks, absent };
}

/** The highest peak, of one library or of all. */
export function peakOn(limit: Limit, threads: number, library?: string): Peak | undefined {
  const among = limit.peaks.filter((peak) => peak.threads === threads && (library ?? peak.library) === peak.library);
  return among.sort((a, b) => b.gflops - a.gflops)[0];
}

function gemmCommand(library: string, python: PythonEnvironment, options: GemmOptions): Command {
  const name = `peak of ${library}`;
  if (library === OWN_LIBRARY) {
    const args = [ONNX_PROGRAM, JSON.stringify(options)];
    return {
      name,
      ...(options.threads === 1 ? onOneCore(process.execPath, args) : { program: process.execPath, args }),
    };
  }
  const settings = { library, threads: options.threads, sizes: options.sizes.join(','), seconds: options.seconds };
  const args = Object.entries(settings).flatMap(([option, value]) => [`--${option}`, `${value}`]);
  return { name, program: python.interpreter, args: ['-B', `${PEERS}gemm.py`, ...args] };
}

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runForJson } from '../child.js';
import type { TfjsTraining } from '../programs/tfjs-trainer.js';
import { measurementSchema } from './contestant.js';
import type { Contestant } from './contestant.js';

const PROGRAM = fileURLToPath(new URL('../programs/tfjs-trainer.js', import.meta.url));

/** A program of TensorFlow.js operations on its wasm backend, which has one thread in Node. */
export const tfjsWasm = tfjsPeer('TensorFlow.js wasm', 'wasm', [1]);

/** The same program on tfjs-node. Where its native part is not installed, the reason says which command does that. */
export const tfjsNode = tfjsPeer('TensorFlow.js node', 'tensorflow', [...new Set([1, availableParallelism()])]);

function tfjsPeer(name: string, backend: TfjsTraining['backend'], threadCounts: readonly number[]): Contestant {
  return {
    name,
    variants: threadCounts.map((threads) => ({ threads })),
    divisible: true,
    async run(work, { threads }, evaluate) {
      const training: TfjsTraining = { work, evaluate, backend, threads: Number(threads) };
      const args = [PROGRAM, JSON.stringify(training)];
      return runForJson({ name, program: process.execPath, args }, measurementSchema);
    },
  };
}

import { fileURLToPath } from 'node:url';
import { runForJson } from '../child.js';
import { measurementSchema } from './contestant.js';
import type { Contestant } from './contestant.js';

const PROGRAM = fileURLToPath(new URL('../programs/tfjs-trainer.js', import.meta.url));

/** A program of TensorFlow.js operations on its wasm backend, which has one thread in Node. */
export const tfjsPeer: Contestant = {
  name: 'TensorFlow.js wasm',
  variants: [{ threads: 1 }],
  divisible: true,
  async run(work, _variant, evaluate) {
    const args = [PROGRAM, JSON.stringify({ work, evaluate })];
    return runForJson({ name: this.name, program: process.execPath, args }, measurementSchema);
  },
};

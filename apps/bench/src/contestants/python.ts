import { fileURLToPath } from 'node:url';
import { availableParallelism } from 'node:os';
import { runForJson } from '../child.js';
import type { Command } from '../child.js';
import type { Work } from '../work.js';
import { learningSchema, measurementSchema } from './contestant.js';
import type { Learner, Variant } from './contestant.js';

/** Folder of the Python programs. It is found from the built file. */
export const PEERS = fileURLToPath(new URL('../../../peers/', import.meta.url));

/** The ways of each peer, in the words of its program. The short try finds out which is the fastest. */
const KINDS = {
  'PyTorch eager': { program: 'torch_ff.py', kinds: ['closed-form', 'autograd'] },
  'PyTorch torch.compile': { program: 'torch_ff.py', kinds: ['compile'] },
  PyTorch: { program: 'torch_ff.py', kinds: ['closed-form', 'autograd', 'compile'] },
  'JAX jit': { program: 'jax_ff.py', kinds: ['step', 'scan', 'step-autograd', 'scan-autograd'] },
} as const;
export type PythonPeer = keyof typeof KINDS;

/** A peer written in Python. @param interpreter the environment's that has its library */
export function pythonPeer(name: PythonPeer, interpreter: string): Learner {
  const { program, kinds } = KINDS[name];
  const threads = [...new Set([1, availableParallelism()])];
  const command = (work: Work, variant: Variant, more: readonly string[]): Command => {
    return {
      name,
      program: interpreter,
      args: ['-B', `${PEERS}${program}`, ...trainArguments(work, variant), ...more],
    };
  };
  return {
    name,
    variants: kinds.flatMap((kind) => threads.map((count) => ({ kind, threads: count }))),
    divisible: true,
    async run(work, variant, evaluate) {
      return runForJson(command(work, variant, evaluate ? ['--evaluate'] : []), measurementSchema);
    },
    async learn(work, variant, seed) {
      return runForJson(command(work, variant, ['--evaluate-every', '1', '--seed', `${seed}`]), learningSchema);
    },
  };
}

function trainArguments({ network, recipe, batch, images, data }: Work, { threads, kind = '' }: Variant): string[] {
  const settings = {
    ...recipe,
    layers: network.layers.join(','),
    batch,
    images,
    threads,
    variant: kind,
    data: data.folder,
  };
  return Object.entries(settings).flatMap(([option, value]) => [`--${option}`, `${value}`]);
}

import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { runForJson } from '../child.js';
import { epochsOf } from '../data.js';
import { onOneCore } from '../machine.js';
import type { Work } from '../work.js';
import type { Contestant } from './contestant.js';

const LAUNCHER = join(
  dirname(createRequire(import.meta.url).resolve('@layerline/cli/package.json')),
  'bin',
  'layerline.mjs',
);

/** The ways to run Layerline that are compared. */
export const LAYERLINE_MODES = ['one process, one core', 'one process', 'pipeline'] as const;
export type LayerlineMode = (typeof LAYERLINE_MODES)[number];

/** What is used of `layerline train --json`. */
const resultSchema = z.object({
  outcome: z.literal('completed'),
  images: z.number().positive(),
  trainSeconds: z.number().positive(),
  imagesPerSecond: z.number().positive(),
  testError: z.number(),
  engine: z.string(),
  fingerprint: z.string(),
  weightsSha256: z.string(),
  stages: z.array(
    z.object({
      stage: z.string(),
      peakMemoryBytes: z.number().nullable(),
      /** By activity, since frames began to flow. */
      seconds: z.object({ busy: z.number(), waitingForInput: z.number(), waitingForCredit: z.number() }).nullable(),
      bytesSent: z.number().nullable(),
    }),
  ),
});
export type LayerlineResult = z.infer<typeof resultSchema>;

/** Layerline through its own command. @param mode with all cores unless it says otherwise */
export function layerline(mode: Exclude<LayerlineMode, 'one process, one core'>): Contestant {
  return {
    name: `Layerline, ${mode}`,
    variants: [{ threads: 'auto' }],
    divisible: false,
    async run(work) {
      const { images, trainSeconds, imagesPerSecond, testError, engine, fingerprint } = await train(work, mode);
      const versions = { node: process.versions.node, engine, fingerprint };
      return { images, seconds: trainSeconds, imagesPerSecond, testError, versions };
    },
  };
}

/** Runs `layerline train` once, in an empty folder where no config file changes what is meant. @throws ProgramError */
export async function train(work: Work, mode: LayerlineMode): Promise<LayerlineResult> {
  const folder = await mkdtemp(join(tmpdir(), 'layerline-bench-'));
  try {
    const node = [LAUNCHER, ...trainArguments(work, mode)];
    const command =
      mode === 'one process, one core' ? onOneCore(process.execPath, node) : { program: process.execPath, args: node };
    return await runForJson({ name: `layerline (${mode})`, ...command, cwd: folder }, resultSchema);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function trainArguments({ network, recipe, batch, images, data }: Work, mode: LayerlineMode): string[] {
  const settings = {
    dataset: data.reference.name,
    layers: network.layers.join(','),
    epochs: epochsOf(images, data),
    batch,
    objective: recipe.objective,
    goodness: 'mean',
    alpha: recipe.alpha,
    threshold: recipe.threshold,
    optimizer: recipe.optimizer,
    'learning-rate': recipe.rate,
    momentum: recipe.momentum,
    'eval-every': 0,
    out: 'runs',
    ...(data.reference.name === 'digits' ? {} : { 'data-dir': data.folder }),
    ...(mode === 'one process, one core' ? { threads: 1 } : {}),
  };
  return [
    'train',
    '--json',
    '--quiet',
    ...(mode === 'pipeline' ? [] : ['--single-process']),
    ...Object.entries(settings).flatMap(([option, value]) => [`--${option}`, `${value}`]),
  ];
}

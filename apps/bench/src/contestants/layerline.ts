import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { evaluatorReport } from '@layerline/api';
import * as z from 'zod';
import { runForJson } from '../child.js';
import type { Command } from '../child.js';
import { epochsOf } from '../data.js';
import { onOneCore } from '../machine.js';
import type { Work } from '../work.js';
import type { Evaluation, Learner } from './contestant.js';

/** The command, for Node. */
export const LAUNCHER = join(
  dirname(createRequire(import.meta.url).resolve('@layerline/cli/package.json')),
  'bin',
  'layerline.cjs',
);

/** The ways to run Layerline that are compared. */
export const LAYERLINE_MODES = ['one process, one core', 'one process', 'pipeline'] as const;
export type LayerlineMode = (typeof LAYERLINE_MODES)[number];

/** What is used of `layerline train --json`. */
export const resultSchema = z.object({
  outcome: z.literal('completed'),
  /** Of the run, with its metrics. */
  folder: z.string(),
  images: z.number().positive(),
  trainSeconds: z.number().positive(),
  imagesPerSecond: z.number().positive(),
  testError: z.number(),
  engine: z.string(),
  numerics: z.string(),
  weightsSha256: z.string(),
  stages: z.array(
    z.object({
      stage: z.string(),
      peakMemoryBytes: z.number().nullable(),
      /** By activity, since frames began to flow. */
      seconds: z.object({ busy: z.number(), waitingForInput: z.number(), waitingForCredit: z.number() }).nullable(),
      cpuSeconds: z.number().nullable(),
      bytesSent: z.number().nullable(),
    }),
  ),
});
export type LayerlineResult = z.infer<typeof resultSchema>;

/** Layerline through its own command. @param mode with all cores unless it says otherwise */
export function layerline(mode: Exclude<LayerlineMode, 'one process, one core'>): Learner {
  return {
    name: `Layerline, ${mode}`,
    variants: [{ threads: 'auto' }],
    divisible: false,
    async run(work) {
      const result = await train(work, mode);
      const { images, trainSeconds, imagesPerSecond, testError } = result;
      return { images, seconds: trainSeconds, imagesPerSecond, testError, versions: versionsOf(result) };
    },
    async learn(work, _variant, seed) {
      return inEmptyFolder(async (cwd) => {
        const result = await runForJson(trainCommand(work, mode, cwd, { seed, 'eval-every': 1 }), resultSchema);
        return { evaluations: await readEvaluations(resolve(cwd, result.folder)), versions: versionsOf(result) };
      });
    },
  };
}

/** Runs `layerline train` once. @param settings more options @throws ProgramError @throws InterruptedError */
export async function train(
  work: Work,
  mode: LayerlineMode,
  settings: Readonly<Record<string, number>> = {},
): Promise<LayerlineResult> {
  const all = { 'eval-every': 0, ...settings };
  return inEmptyFolder((cwd) => runForJson(trainCommand(work, mode, cwd, all), resultSchema));
}

/** In a folder that is empty no config file changes what is meant. */
export async function inEmptyFolder<Result>(act: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'layerline-bench-'));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The evaluations that a run has written down in its folder. */
async function readEvaluations(folder: string): Promise<Evaluation[]> {
  const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.flatMap((line) => {
    const report = evaluatorReport.parse(JSON.parse(line));
    if (report.type !== 'evaluation') return [];
    return [{ epoch: report.epoch, seconds: report.trainSeconds, testError: report.testError }];
  });
}

function versionsOf({ engine, numerics }: LayerlineResult): Record<string, string> {
  return { node: process.versions.node, engine, numerics };
}

/** `layerline train`, of the work. @param settings more options @param flags those without a value */
export function trainCommand(
  work: Work,
  mode: LayerlineMode,
  cwd: string,
  settings: Readonly<Record<string, number>>,
  flags: readonly string[] = [],
): Command {
  const node = [LAUNCHER, ...trainArguments(work, mode, settings), ...flags];
  const command =
    mode === 'one process, one core' ? onOneCore(process.execPath, node) : { program: process.execPath, args: node };
  return { name: `layerline (${mode})`, ...command, cwd };
}

function trainArguments(
  { network, recipe, batch, images, data }: Work,
  mode: LayerlineMode,
  more: Readonly<Record<string, number>>,
): string[] {
  const settings = {
    dataset: data.reference.name,
    layers: network.layers.join(','),
    ...(network.shards === undefined ? {} : { shards: network.shards.join(',') }),
    epochs: epochsOf(images, data),
    batch,
    objective: recipe.objective,
    goodness: 'mean',
    alpha: recipe.alpha,
    threshold: recipe.threshold,
    optimizer: recipe.optimizer,
    'learning-rate': recipe.rate,
    momentum: recipe.momentum,
    out: 'runs',
    ...more,
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

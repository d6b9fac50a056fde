import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { TimedLayer } from '@layerline/pipeline';
import { BACKENDS } from '@layerline/plan';
import type { BackendName } from '@layerline/plan';
import * as z from 'zod';
import { runForJson } from './child.js';
import { absence } from './comparison.js';
import type { Absence } from './comparison.js';
import { measureInTurns } from './rounds.js';
import { median } from './statistics.js';

/** What is asked of the program that times steps. */
export interface EngineStepOptions {
  readonly backend: BackendName;
  readonly threads: number;
  readonly layer: TimedLayer;
  /** How long steps are made; one that is under way is ended. */
  readonly seconds: number;
}

const stepSchema = z.object({
  version: z.string(),
  millisecondsPerStep: z.number().positive(),
  steps: z.number().positive(),
});
export type EngineStepResult = z.infer<typeof stepSchema>;

/** How fast one of Layerline's engines is here, over all repeats. */
export interface EngineSpeed {
  readonly backend: BackendName;
  readonly version: string;
  /** By repeat. */
  readonly millisecondsPerStep: readonly number[];
}

/** Layerline's engines side by side. */
export interface EngineSpeeds {
  readonly layer: TimedLayer;
  readonly threads: number;
  /** In the order in which `--engine auto` tries them. */
  readonly speeds: readonly EngineSpeed[];
  readonly absent: readonly Absence[];
}

const PROGRAM = fileURLToPath(new URL('./programs/engine-step.js', import.meta.url));
const LAYER: TimedLayer = { units: 1000, rows: 200 };

/**
 * Times a training step of a hidden layer on every engine, in turns, each in a process of its own. The slowest, plain
 * JavaScript, makes a step or two a repeat.
 * @param options.seconds for each engine and repeat
 * @throws InterruptedError where nothing was measured before
 */
export async function measureEngines(options: {
  readonly repeats: number;
  readonly seconds: number;
  readonly say: (line: string) => void;
}): Promise<EngineSpeeds> {
  const threads = availableParallelism();
  const absent: Absence[] = [];
  const results = await measureInTurns(BACKENDS, {
    repeats: options.repeats,
    run: async (backend) => {
      const settings: EngineStepOptions = { backend, threads, layer: LAYER, seconds: options.seconds };
      const command = { name: backend, program: process.execPath, args: [PROGRAM, JSON.stringify(settings)] };
      const result = await runForJson(command, stepSchema);
      options.say(`${backend}: ${result.millisecondsPerStep.toFixed(1)} ms a step, of ${result.steps}`);
      return result;
    },
    failed: (backend, error) => void absent.push(absence(backend, error)),
  });
  const speeds = Array.from(results, ([backend, steps]) => ({
    backend,
    version: steps[0]?.version ?? '',
    millisecondsPerStep: steps.map(({ millisecondsPerStep }) => millisecondsPerStep),
  }));
  return { layer: LAYER, threads, speeds, absent };
}

/** The engines from the fastest to the slowest. */
export function bySpeed(speeds: readonly EngineSpeed[]): EngineSpeed[] {
  return [...speeds].sort((a, b) => median(a.millisecondsPerStep) - median(b.millisecondsPerStep));
}

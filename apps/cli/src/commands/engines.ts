import { tryEngines } from '@layerline/layer-node';
import type { EngineTrial } from '@layerline/layer-node';
import { SAMPLE_LAYER } from '@layerline/plan';
import { printText } from '../display/print-line.js';
import { table } from '../display/table.js';

const MILLISECONDS_PER_ENGINE = 200;

interface Availability {
  readonly engine: string;
  readonly available: boolean;
  readonly version: string | null;
  readonly kernels: string | null;
  /** Of a training step of {@link SAMPLE_LAYER}, on all cores. */
  readonly millisecondsPerStep: number | null;
  /** Why it is not available, and what would help. */
  readonly reason: string | null;
}

/** `layerline engines`: tries every engine. @returns the exit code: 1 if none works */
export async function engines(options: { json: boolean }): Promise<number> {
  const found = (await tryEngines(MILLISECONDS_PER_ENGINE)).map(toAvailability);
  if (options.json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else printText(describe(found));
  return found.some(({ available }) => available) ? 0 : 1;
}

function toAvailability(trial: EngineTrial): Availability {
  const { backend: engine, available } = trial;
  if (!available) {
    return { engine, available, version: null, kernels: null, millisecondsPerStep: null, reason: trial.reason };
  }
  const { version, kernels, millisecondsPerStep } = trial;
  return { engine, available, version, kernels, millisecondsPerStep, reason: null };
}

function describe(found: readonly Availability[]): string {
  const best = found.find(({ available }) => available);
  const rows = found.map((entry) => [
    `${entry === best ? '*' : ' '} ${entry.engine}`,
    entry.available ? 'works' : 'no',
    entry.millisecondsPerStep?.toFixed(1) ?? '',
    entry.version ?? '',
    entry.reason ?? entry.kernels ?? '',
  ]);
  const { units, rows: timedRows } = SAMPLE_LAYER;
  return (
    table(['  engine', 'here', 'ms/step', 'version', 'kernels, or why not'], rows) +
    '\n* is what --engine auto takes: the first that works, in the order of speed on large layers\n' +
    `ms/step: a training step of a ${units} × ${units} layer with ${timedRows} rows, measured just now on all cores\n`
  );
}

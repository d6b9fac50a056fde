import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { onlyRun, readLines } from '../test/support/run-folder.js';
import { PROGRAM } from '../test/support/layerline.js';

/** What a run without faults ends with. */
export interface Reference {
  readonly weightsSha256: string;
  /** Of `metrics.jsonl`, without what the clock says. */
  readonly metrics: readonly string[];
}

/** Trains in one process, with no faults. @param folder empty */
export function makeReference(args: readonly string[], folder: string): Reference {
  const command = ['train', '--single-process', '--quiet', '--json', '--out', folder, ...args];
  const { stdout, stderr, status } = spawnSync(process.execPath, [PROGRAM, ...command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the reference run failed: ${stderr}`);
  const { weightsSha256 } = JSON.parse(stdout) as { weightsSha256: string };
  return { weightsSha256, metrics: metricsOf(onlyRun(folder) ?? '') };
}

/** What is wrong with how a run has ended, or undefined where it is as it would be without faults. */
export function wrongWith(folder: string, weightsSha256: string | undefined, reference: Reference): string | undefined {
  if (weightsSha256 !== reference.weightsSha256) {
    return `the weights are ${weightsSha256 ?? 'not there'}, not ${reference.weightsSha256}`;
  }
  const metrics = metricsOf(folder);
  const at = reference.metrics.findIndex((line, index) => line !== metrics[index]);
  if (at >= 0)
    return `line ${at + 1} of the metrics is ${metrics[at] ?? 'missing'}, not ${reference.metrics[at] ?? ''}`;
  return metrics.length === reference.metrics.length ? undefined : `the metrics have ${metrics.length} lines`;
}

/** What the clock says, and where in which life an event was. */
const OF_THE_MOMENT = new Set(['id', 'at', 'seconds', 'trainSeconds', 'evalSeconds']);

/** The metrics but for what may differ; that the run went back is no part of what it has learned. */
export function metricsOf(folder: string): string[] {
  const lines = readLines(join(folder, 'metrics.jsonl')).filter(({ type }) => type !== 'rewound');
  return lines.map((line) =>
    JSON.stringify(line, (key, value: unknown) => (OF_THE_MOMENT.has(key) ? undefined : value)),
  );
}

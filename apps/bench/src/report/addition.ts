import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Comparison } from '../comparison.js';
import { ReportError } from '../errors.js';
import type { Machine } from '../machine.js';
import { RESULTS } from './report.js';
import type { Measured, Report } from './report.js';

/** What decides whether results may stand in one report. The rest of it was written by the benchmark itself. */
const headingSchema = z.looseObject({
  commands: z.array(z.string()),
  machine: z.looseObject({ cpu: z.string(), cores: z.number(), node: z.string() }),
});

/**
 * Reads a report to which more is to be added.
 * @throws ReportError where there is none, or one of another machine
 */
export async function readEarlier(folder: string, machine: Machine): Promise<Report> {
  const file = join(folder, RESULTS);
  let report: unknown;
  try {
    report = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ReportError(`${file} cannot be added to: ${(error as Error).message}`, { cause: error });
  }
  const heading = headingSchema.safeParse(report);
  if (!heading.success) throw new ReportError(`${file} is no report of this benchmark: name another folder with --out`);
  const { cpu, cores, node } = heading.data.machine;
  if (cpu !== machine.cpu || cores !== machine.cores || node !== machine.node) {
    throw new ReportError(
      `${file} was measured on another machine or Node (${cpu}, ${cores} cores, ${node}): leave --add out`,
    );
  }
  return report as Report;
}

/** Adds what was measured to what there is. What was measured again takes its place. */
export function add(there: Measured, more: Partial<Measured>): Measured {
  const { comparisons = [], ...parts } = more;
  const found = new Map([...there.comparisons, ...comparisons].map((comparison) => [nameOf(comparison), comparison]));
  return { ...there, ...parts, comparisons: [...found.values()] };
}

function nameOf({ work: { network, recipe } }: Comparison): string {
  return `${network.name} ${recipe.optimizer} ${recipe.objective}`;
}

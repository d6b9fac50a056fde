import { fileURLToPath } from 'node:url';
import type { StageRole } from '@layerline/protocol';

/** The program that each kind of stage runs. Feeder and evaluator are applications of their own, known by name only. */
const PROGRAMS: Record<StageRole, string> = {
  feeder: import.meta.resolve('@layerline/feeder'),
  layer: import.meta.resolve('./layer-main.js'),
  evaluator: import.meta.resolve('@layerline/evaluator'),
};

/** The path of the program for a role. */
export function programOf(role: StageRole): string {
  return fileURLToPath(PROGRAMS[role]);
}

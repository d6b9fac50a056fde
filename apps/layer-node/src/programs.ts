import { fileURLToPath } from 'node:url';
import type { StageRole } from '@layerline/protocol';

/** The program that each kind of stage runs. Feeder and evaluator are separate applications, known here by name only. */
const BUILT_IN: Record<StageRole, string> = {
  feeder: import.meta.resolve('@layerline/feeder'),
  layer: import.meta.resolve('./layer-main.js'),
  evaluator: import.meta.resolve('@layerline/evaluator'),
};

/** A node's own programs that can stand in for layers: executable and arguments, by name. */
export type Programs = ReadonlyMap<string, readonly string[]>;

/** A node was told to run a program that it does not have. */
export class UnknownProgramError extends Error {
  readonly code = 'ERR_UNKNOWN_PROGRAM';

  constructor(name: string) {
    super(`This node has no program ${name}: give it one with --program ${name}=COMMAND`);
    this.name = 'UnknownProgramError';
  }
}

/** The path of Layerline's own program for a role. */
export function builtIn(role: StageRole): string {
  return fileURLToPath(BUILT_IN[role]);
}

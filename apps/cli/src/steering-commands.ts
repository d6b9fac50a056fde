import { LONGEST_REASON } from '@layerline/api';
import { ConfigError } from '@layerline/plan';
import { Command } from 'commander';
import { pause, resume, snapshot, stop } from './commands/steer.js';
import type { Whereabouts } from './commands/steer.js';
import { expandHome } from './environment.js';
import { runsFolderOption } from './run-options.js';

interface ResumeFlags extends Whereabouts {
  readonly takeOver?: true;
  readonly fromStart?: true;
  readonly allowDifferentNumbers?: true;
  readonly dataDir?: string;
}

/** The commands that steer a run. @param ended told how the command ended */
export function steeringCommands(ended: (exitCode: number) => void): Command[] {
  return [
    steering('stop', 'end a run after its current batch, and store its model')
      .option('--wait', 'wait until it has ended, and say what came of it')
      .option('--now', 'at once, without a model: what has been learned since its newest snapshot is lost')
      .option('--reason <text>', "why, for the run's record")
      .action(async (run: string, given: Whereabouts & { wait?: true; now?: true; reason?: string }) => {
        const { wait, now, reason, ...where } = given;
        ended(await stop(run, { wait: wait === true, now: now === true, reason: reasonOf(reason) }, where));
      }),
    steering('pause', 'pause a run until it is resumed').action(async (run: string, where: Whereabouts) => {
      ended(await pause(run, where));
    }),
    steering('resume', 'go on with a run that is paused, or that has ended before its time')
      .option('--take-over', 'of one that has ended: even if a process still seems to be at work on it')
      .option('--from-start', 'of one that has ended: start over if it has lost its snapshots')
      .option('--allow-different-numbers', 'of one that has ended: even if this computes other bits than it began with')
      .option('--data-dir <path>', 'of one that goes on here: where its data is now', expandHome)
      .action(async (run: string, { takeOver, fromStart, allowDifferentNumbers, ...where }: ResumeFlags) => {
        const how = {
          ...(takeOver && { takeOver }),
          ...(fromStart && { fromStart }),
          ...(allowDifferentNumbers && { allowDifferentNumbers }),
        };
        ended(await resume(run, how, where));
      }),
    steering('snapshot', 'take a snapshot of a run now')
      .option('--wait', 'wait until it is whole')
      .action(async (run: string, { wait, ...where }: Whereabouts & { wait?: true }) => {
        ended(await snapshot(run, { wait: wait === true }, where));
      }),
  ];
}

function steering(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<run>', 'name or id of the run, or the beginning or end of its id')
    .addOption(runsFolderOption('folder of the runs, for one that no coordinator here has'));
}

/** @throws ConfigError for a text that is none, or too long */
function reasonOf(text: string | undefined): string | undefined {
  const reason = text?.trim();
  if (reason === undefined || (reason.length > 0 && reason.length <= LONGEST_REASON)) return reason;
  throw new ConfigError(`reason: it has ${reason.length} characters: give 1 to ${LONGEST_REASON}`);
}

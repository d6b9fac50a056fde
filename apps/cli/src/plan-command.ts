import { ConfigError, DEFAULT_ROUND_TRIP } from '@layerline/plan';
import { Command } from 'commander';
import { definedOf } from './client/connection.js';
import { CONNECTION_GROUP, CONNECTION_OPTIONS } from './cluster-commands.js';
import { planRun, planTraining } from './commands/plan.js';
import { withConfigOptions } from './config-options.js';
import { milliseconds } from './option-values.js';
import { flagOf } from './train-options.js';

const HELP = `
Without RUN, it takes the options of layerline train, and reads the config file and the environment as that does.

Examples:
  npx layerline plan --layers 2000,2000,500                 on this machine, whose engine it times
  npx layerline plan --preset mlp-4x2000 --coordinator      on the nodes that have joined
  npx layerline plan RUN                                    a run that is under way, by what its stages have measured`;

/** What is given on the command line: those named here are not part of the config, all others are. */
interface PlanFlags {
  readonly config?: string;
  readonly coordinator?: string | true;
  readonly tokenFile?: string;
  readonly fingerprint?: string;
  readonly ca?: string;
  readonly insecure?: true;
  readonly roundTrip: string;
  readonly json?: true;
  readonly apply?: true;
  readonly [key: string]: string | boolean | undefined;
}

/** @param ended told how the command ended */
export function planCommand(ended: (exitCode: number) => void): Command {
  const command = new Command('plan')
    .description(
      'estimate how fast a training goes, what holds it up, and into how many shards its layers are best cut',
    )
    .argument('[run]', 'id of a run that is under way')
    .addHelpText('after', HELP);
  withConfigOptions(command)
    .optionsGroup(CONNECTION_GROUP)
    .option(
      '--coordinator [address]',
      'for the nodes of a coordinator; one on this machine unless an address or a profile is given',
    )
    .optionsGroup('Options:');
  for (const option of CONNECTION_OPTIONS) command.addOption(option);
  return command
    .option(
      '--round-trip <ms>',
      'how long shards of a layer wait for an exchange between them, in milliseconds',
      `${DEFAULT_ROUND_TRIP}`,
    )
    .option('--apply', 'cut the layers of the run as is best')
    .option('--json', 'print one JSON object')
    .action(async (run: string | undefined, flags: PlanFlags) => {
      const { config, coordinator, tokenFile, fingerprint, ca, insecure, roundTrip, json, apply, ...options } = flags;
      const how = { roundTrip: milliseconds('round-trip', roundTrip), json: json === true, apply: apply === true };
      const address = coordinator === true ? undefined : coordinator;
      const connection = definedOf({ coordinator: address, tokenFile, fingerprint, ca, insecure });
      if (run === undefined) {
        if (how.apply)
          throw new ConfigError('apply: name the run whose layers are to be cut: layerline plan RUN --apply');
        ended(await planTraining(options, config, coordinator === undefined ? undefined : connection, how));
        return;
      }
      const [own] = Object.keys({ ...(config !== undefined && { config }), ...options });
      if (own !== undefined) {
        throw new ConfigError(`${flagOf(own)}: a run has its own settings: leave out this option, or the run`);
      }
      ended(await planRun(run, connection, how));
    });
}

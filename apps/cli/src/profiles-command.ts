import { Command } from 'commander';
import type { ConnectionOptions } from './client/connection.js';
import { CONNECTION_OPTIONS } from './cluster-commands.js';
import { addProfile, chooseProfile, forgetProfile, profiles } from './commands/profiles.js';

type AddFlags = ConnectionOptions & { readonly coordinator: string; readonly replace?: true };

/** `layerline profiles`, and what can be done with them. @param ended told how the command ended */
export function profilesCommand(ended: (exitCode: number) => void): Command {
  const command = new Command('profiles')
    .description('list the profiles: names for coordinators, to be given with --coordinator')
    .option('--json', 'print one JSON array')
    .action(({ json }: { json?: true }) => ended(profiles({ json: json === true })));
  const add = command
    .command('add')
    .description('keep how to reach a coordinator, under a name')
    .configureHelp({ showGlobalOptions: false })
    .argument('<name>', 'name of the profile')
    .requiredOption('--coordinator <address>', 'wss://host:port, or several, with commas between them')
    .option('--replace', 'take the place of the profile of that name')
    .action((name: string, { replace, ...given }: AddFlags) =>
      ended(addProfile(name, { ...given, replace: replace === true })),
    );
  for (const option of CONNECTION_OPTIONS) add.addOption(option);
  command
    .command('use')
    .description('have commands without --coordinator go to a coordinator from now on')
    .configureHelp({ showGlobalOptions: false })
    .argument('<name>', 'name of the profile; local for this machine, as at first')
    .action((name: string) => ended(chooseProfile(name)));
  command
    .command('rm')
    .description('forget a profile')
    .configureHelp({ showGlobalOptions: false })
    .argument('<name>', 'name of the profile')
    .action((name: string) => ended(forgetProfile(name)));
  return command;
}

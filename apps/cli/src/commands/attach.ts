import { clientFor } from '../client/client-for.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { connectionOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { CoordinatorError } from '../client/errors.js';
import { clusterConfig } from '../cluster-config.js';
import { commandLine, optionWords } from '../display/command-line.js';
import { eventLines } from '../display/event-lines.js';
import { printLine } from '../display/print-line.js';
import { RunView } from '../display/run-view.js';
import { summary } from '../display/summary.js';
import { Interruption } from '../interruption.js';
import { configOf } from '../run-lookup.js';

/** How to follow a run. */
export interface FollowOptions {
  readonly json: boolean;
  /** Whether to print the events of the run, a line of JSON each. */
  readonly events: boolean;
  readonly quiet: boolean;
}

/** `layerline attach RUN`: follows a run until it ends or the user leaves it running. @returns the exit code */
export async function attach(run: string, connection: ConnectionOptions, options: FollowOptions): Promise<number> {
  return followRun(await clientFor(run, connection, 'viewer'), run, connection, options);
}

/** `layerline train --coordinator`: submits a run, and follows it unless told to detach. @returns the exit code */
export async function submit(
  given: {
    readonly options: Readonly<Record<string, string | boolean | undefined>>;
    readonly configFile: string | undefined;
    /** A run on this machine whose settings are taken: its folder, or its id. */
    readonly from: string | undefined;
    /** That the run is given; undefined for none. */
    readonly name: string | undefined;
    readonly detach: boolean;
  } & FollowOptions,
  connection: ConnectionOptions,
): Promise<number> {
  const config = clusterConfig({
    options: given.options,
    file: given.configFile,
    from: await configOf(given.from, undefined),
    environment: process.env,
    workingDirectory: process.cwd(),
  });
  const client = new CoordinatorClient(connectionOf(connection, 'operator'));
  const run = await client.submit({ ...config, ...(given.name !== undefined && { name: given.name }) });
  if (!given.detach) return followRun(client, run, connection, given);
  if (given.json) process.stdout.write(`${JSON.stringify({ run })}\n`);
  else printLine(`Run ${run}. Follow it: ${commandLine('attach', run, ...wordsOf(connection))}`);
  return 0;
}

/** The options that lead other commands to the same coordinator. */
function wordsOf({ coordinator, tokenFile, fingerprint, ca, insecure }: ConnectionOptions): string[] {
  return optionWords({ coordinator, tokenFile, fingerprint, ca, insecure });
}

async function followRun(
  client: CoordinatorClient,
  run: string,
  connection: ConnectionOptions,
  given: FollowOptions,
): Promise<number> {
  const { json, events, quiet } = given;
  const stream = json || events ? process.stderr : process.stdout;
  const interruption = new Interruption();
  interruption.start();
  const about = (command: string): string => commandLine(command, run, ...wordsOf(connection));
  const greeting = `Run ${run}. Ctrl-C leaves it running; ${about('stop')} ends it`;
  const view = new RunView(stream, quiet, () => greeting);
  const farewell = `Left run ${run} running. Follow it again: ${about('attach')}`;
  interruption.handle({
    stop: () => undefined,
    abort: () => {
      view.close();
      printLine(farewell, stream);
    },
  });
  try {
    const items = client.follow(run, interruption.signal);
    const end = await view.show(events ? eventLines(items) : items).finally(() => view.close());
    if (end === undefined) {
      printLine(farewell, stream);
      return interruption.exitCode ?? 0;
    }
    if ('error' in end) throw new CoordinatorError(end.error.code, end.error.message);
    if (!quiet) for (const line of summary(end.result)) printLine(line, stream);
    if (json) process.stdout.write(`${JSON.stringify(end.result)}\n`);
    return 0;
  } finally {
    interruption.stop();
  }
}

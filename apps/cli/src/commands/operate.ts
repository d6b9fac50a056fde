import type { RunAction } from '@layerline/api';
import { connectionOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { clientFor, CoordinatorClient } from '../client/coordinator-client.js';
import { printLine } from '../display/print-line.js';

/** What an operator can do to a run by a command of that name, with the help text for each. `evaluate` is another command's. */
export const ACTIONS = {
  stop: 'end a run after its current batch, and store its model',
  pause: 'pause a run until it is resumed',
  resume: 'continue a paused run',
  snapshot: 'take a snapshot of a run now',
} as const satisfies Readonly<Partial<Record<RunAction, string>>>;

/** What each comes to, in words. */
const DONE: Readonly<Record<keyof typeof ACTIONS, string>> = {
  stop: 'ends after its current batch, and stores its model',
  pause: 'pauses after its current batch: layerline resume goes on with it',
  resume: 'goes on',
  snapshot: 'takes a snapshot after its current batch',
};

/** `layerline stop RUN` and the like. @returns the exit code */
export async function operate(
  action: keyof typeof ACTIONS,
  run: string,
  connection: ConnectionOptions,
): Promise<number> {
  await (await clientFor(run, connection, 'operator')).act(run, action);
  printLine(`Run ${run} ${DONE[action]}`);
  return 0;
}

/** `layerline drain NODE`: waits until the node has no stages left. @returns the exit code */
export async function drain(node: string, connection: ConnectionOptions): Promise<number> {
  await new CoordinatorClient(connectionOf(connection, 'operator')).drain(node);
  printLine(`${node} gets no new stages, and has none left`);
  return 0;
}

/** `layerline undrain NODE`. @returns the exit code */
export async function undrain(node: string, connection: ConnectionOptions): Promise<number> {
  await new CoordinatorClient(connectionOf(connection, 'operator')).undrain(node);
  printLine(`${node} may have stages again`);
  return 0;
}

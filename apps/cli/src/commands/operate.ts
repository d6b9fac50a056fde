import { MAX_LOG_LINES } from '@layerline/api';
import { connectionOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { clientFor } from '../client/client-for.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { printLine } from '../display/print-line.js';
import { wholeNumber } from '../option-values.js';

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

/** `layerline logs RUN [STAGE]`. @returns the exit code */
export async function logs(
  run: string,
  stage: string | undefined,
  connection: ConnectionOptions & { readonly lines: string; readonly json?: true },
): Promise<number> {
  const lines = wholeNumber('lines', connection.lines, { from: 1, to: MAX_LOG_LINES });
  const client = await clientFor(run, connection, 'viewer');
  if (connection.json === true) {
    for await (const entry of client.logEntries(run, stage, lines)) process.stdout.write(`${JSON.stringify(entry)}\n`);
  } else {
    for (const line of await client.log(run, stage, lines)) printLine(line);
  }
  return 0;
}

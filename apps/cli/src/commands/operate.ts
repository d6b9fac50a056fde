import { LONGEST_DRAIN_WAIT } from '@layerline/api';
import { connectionOf } from '../client/connection.js';
import type { ConnectionOptions } from '../client/connection.js';
import { CoordinatorClient } from '../client/coordinator-client.js';
import { CoordinatorError } from '../client/errors.js';
import { printLine } from '../display/print-line.js';
import { wholeNumber } from '../option-values.js';

/** A day, in seconds. */
const LONGEST_TIMEOUT = 86_400;

/**
 * `layerline drain NODE`: waits until the node has no stages left.
 * @returns the exit code @throws CoordinatorError where it still has some after the timeout, in seconds
 */
export async function drain(
  node: string,
  { timeout, ...connection }: ConnectionOptions & { readonly timeout?: string },
): Promise<number> {
  const seconds = timeout === undefined ? Infinity : wholeNumber('timeout', timeout, { from: 1, to: LONGEST_TIMEOUT });
  const client = new CoordinatorClient(connectionOf(connection, 'operator'));
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const rest = Math.max(0, (deadline - performance.now()) / 1000);
    const { done, left } = await client.drain(node, { seconds: Math.min(rest, LONGEST_DRAIN_WAIT) });
    if (done) break;
    if (performance.now() < deadline) continue;
    const runs = [...new Set(left.map(({ run }) => run))];
    const stages = runs.map(
      (id) => `${listed(left.flatMap(({ run, stage }) => (run === id ? stage : [])))} of run ${id}`,
    );
    throw new CoordinatorError(
      'ERR_DRAIN_TIMEOUT',
      `After ${seconds} s, ${node} still has ${stages.length === 0 ? 'a run that looks for room elsewhere' : listed(stages)}. Draining goes on: ` +
        `layerline drain ${node} waits for it, layerline undrain ${node} lets the node have stages again`,
    );
  }
  printLine(`${node} gets no new stages, and has none left`);
  return 0;
}

/** `layerline undrain NODE`. @returns the exit code */
export async function undrain(node: string, connection: ConnectionOptions): Promise<number> {
  await new CoordinatorClient(connectionOf(connection, 'operator')).undrain(node);
  printLine(`${node} may have stages again`);
  return 0;
}

/** `a, b and c` */
function listed(words: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(words);
}

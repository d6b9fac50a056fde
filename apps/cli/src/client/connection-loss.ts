import { CoordinatorError } from './errors.js';

/** What cuts a stream of lines short: an error of the socket, or half a line. */
export function isConnectionLoss(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (
    error instanceof SyntaxError ||
    code === 'ECONNRESET' ||
    code === 'ABORT_ERR' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE'
  );
}

/** The connection could not be restored. */
export function lost(run: string, cause: Error): CoordinatorError {
  return new CoordinatorError(
    'ERR_COORDINATOR_LOST',
    `Lost the coordinator: ${cause.message}. The run continues without this command: follow it again with layerline attach ${run}`,
    { cause },
  );
}

import { destination, pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * Opens a log of one JSON object a line, each written before the call returns so that a crash loses nothing.
 * @throws the file system's error, as does every call that cannot write its line
 */
export function openLog(path: string): Logger {
  const file = destination({ dest: path, sync: true, append: true });
  return pino({ base: null, timestamp: stdTimeFunctions.isoTime }, file);
}

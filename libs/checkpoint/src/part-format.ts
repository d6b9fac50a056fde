import { CheckpointError } from './errors.js';
import { checkSafetensors } from './safetensors.js';

/** What the bytes of a snapshot's part are. */
export type PartFormat = 'safetensors' | 'json';

/**
 * Makes sure that a part can be read back.
 * @param source named in errors
 * @throws CheckpointError for bytes of another format, or only part of them
 */
export function checkPart(bytes: Uint8Array, format: PartFormat, source: string): void {
  if (format === 'safetensors') return checkSafetensors(bytes, source);
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new CheckpointError(`${source} is damaged: it is not JSON`, { cause: error });
  }
}

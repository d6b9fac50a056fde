import { join } from 'node:path';
import envPaths from 'env-paths';

/** Where downloads are kept unless told otherwise: `data` in the user's directory for Layerline's data. */
export function defaultCacheDirectory(): string {
  return join(envPaths('layerline', { suffix: '' }).data, 'data');
}

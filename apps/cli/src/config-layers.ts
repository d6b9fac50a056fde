import { ConfigError } from '@layerline/plan';
import { isRecord } from './config-file.js';
import { printableLine } from './display/printable.js';

/** What a layer has that is written as an object. */
const LAYER_KEYS: readonly string[] = ['units', 'shards'];

/**
 * Takes layers that are written as objects, such as `{units: 2000, shards: 3}`, apart into the keys `layers` and `shards`.
 * A layer that does not say is not cut. What their values may be is for the schema to check.
 * @param values of a config file, in which layers may be numbers or objects
 * @param name of the file, for messages
 * @throws ConfigError for an unknown or missing key of a layer, and for shards that are given in both ways
 */
export function splitLayers(
  values: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const { layers: given } = values;
  if (!Array.isArray(given)) return values;
  const layers = given as readonly unknown[];
  layers.forEach((layer, index) => checkKeys(layer, `${name}: layers.${index}`));
  const cut = layers.findIndex((layer) => isRecord(layer) && 'shards' in layer);
  const units = layers.map((layer) => (isRecord(layer) ? layer['units'] : layer));
  if (cut === -1) return { ...values, layers: units };
  if ('shards' in values) {
    throw new ConfigError(`${name}: shards: layers.${cut} has shards too: keep either the key or those in the layers`);
  }
  return { ...values, layers: units, shards: layers.map(shardsIn) };
}

function shardsIn(layer: unknown): unknown {
  return isRecord(layer) && 'shards' in layer ? layer['shards'] : 1;
}

function checkKeys(layer: unknown, place: string): void {
  if (!isRecord(layer)) return;
  const unknown = Object.keys(layer).find((key) => !LAYER_KEYS.includes(key));
  if (unknown !== undefined) {
    throw new ConfigError(
      `${place}: unknown key "${printableLine(unknown)}": a layer has units and, if it is cut, shards`,
    );
  }
  if (!('units' in layer)) throw new ConfigError(`${place}: it has no units: give its width, as in {units: 500}`);
}

import { ConfigError, LAYER_SETTINGS_KEYS } from '@layerline/plan';
import { isRecord } from './config-file.js';
import { printableLine } from './display/printable.js';

/** What a layer has that is written as an object. */
const LAYER_KEYS: readonly string[] = ['units', 'shards', ...LAYER_SETTINGS_KEYS];

/**
 * Takes layers that are written as objects, such as `{units: 2000, shards: 3, goodness: sum}`, apart into the keys `layers`,
 * `shards` and `perLayer`. A layer that does not say is not cut, and learns as the run does. What their values may be is for
 * the schema to check.
 * @param values of a config file, in which layers may be numbers or objects
 * @param name of the file, for messages
 * @throws ConfigError for an unknown or missing key of a layer, and for what is given in both ways
 */
export function splitLayers(
  values: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const { layers: given } = values;
  if (!Array.isArray(given)) return values;
  const layers = (given as readonly unknown[]).map((layer, index) => partsOf(layer, `${name}: layers.${index}`));
  const found: Record<string, unknown> = { layers: layers.map(({ units }) => units) };
  const cut = layers.findIndex(({ shards }) => shards !== undefined);
  if (cut >= 0) {
    refuseBoth(values, 'shards', `${name}: shards: layers.${cut} has shards too`);
    found['shards'] = layers.map(({ shards = 1 }) => shards);
  }
  const own = layers.findIndex(({ settings }) => Object.keys(settings).length > 0);
  if (own >= 0) {
    refuseBoth(values, 'perLayer', `${name}: perLayer: layers.${own} has settings too`);
    found['perLayer'] = layers.map(({ settings }) => settings);
  }
  return { ...values, ...found };
}

interface Parts {
  readonly units: unknown;
  readonly shards?: unknown;
  readonly settings: Readonly<Record<string, unknown>>;
}

function partsOf(layer: unknown, place: string): Parts {
  if (!isRecord(layer)) return { units: layer, settings: {} };
  const unknown = Object.keys(layer).find((key) => !LAYER_KEYS.includes(key));
  if (unknown !== undefined) {
    throw new ConfigError(
      `${place}: unknown key "${printableLine(unknown)}": a layer has units and, where it differs from the others, ` +
        LAYER_KEYS.slice(1).join(', '),
    );
  }
  if (!('units' in layer)) throw new ConfigError(`${place}: it has no units: give its width, as in {units: 500}`);
  const { units, shards, ...settings } = layer;
  return { units, shards, settings };
}

function refuseBoth(values: Readonly<Record<string, unknown>>, key: string, what: string): void {
  if (key in values) throw new ConfigError(`${what}: keep either the key or those in the layers`);
}

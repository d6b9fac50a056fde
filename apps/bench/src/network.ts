import { PIXELS } from '@layerline/datasets';
import { OptionError } from './errors.js';

/** A stack of fully connected layers over an image's 784 pixels. */
export interface Network {
  /** As people write it: `784-1000x3`. */
  readonly name: string;
  /** Units of each layer. */
  readonly layers: readonly number[];
  /** Into how many shards each layer is cut; left out where none is. */
  readonly shards?: readonly number[];
}

const LIST = new Intl.ListFormat('en-GB');

/** `784-2000x3 in 1, 2 and 3 shards`, or its name where no layer is cut. */
export function describeNetwork({ name, shards }: Network): string {
  return shards === undefined ? name : `${name} in ${LIST.format(shards.map(String))} shards`;
}

/**
 * Reads `784-500-500`, or `784-1000x3` for three layers of 1000 units.
 * @throws OptionError for anything else
 */
export function parseNetwork(name: string): Network {
  const [inputs, ...parts] = name.split('-');
  const layers = parts.flatMap((part) => {
    const [, units, times = '1'] = /^([1-9]\d*)(?:x([1-9]\d*))?$/.exec(part) ?? [];
    return Array.from({ length: units === undefined ? 1 : Number(times) }, () => Number(units));
  });
  if (Number(inputs) !== PIXELS || layers.length === 0 || !layers.every(Number.isSafeInteger)) {
    throw new OptionError(
      `networks: "${name}" is none; write the widths from ${PIXELS} on, as 784-1000x3 or 784-500-500`,
    );
  }
  return { name, layers };
}

/**
 * Floating-point operations of the algorithm for one image: a positive and a negative row, and for each row and layer
 * two products, forward and for the gradient of the weights, of 2 × inputs × units operations each. What is done once
 * an activation or once a weight is small beside them, and not counted.
 * @param shared whether the first layer multiplies an image once for both of its rows
 */
export function flopPerImage({ layers }: Network, shared: boolean): number {
  const flop = layers.map((units, index) => 2 * 2 * 2 * (layers[index - 1] ?? PIXELS) * units);
  if (shared) flop[0] = (flop[0] ?? 0) / 2;
  return flop.reduce((sum, ofLayer) => sum + ofLayer, 0);
}

import { median } from '../statistics.js';
import type { Transport } from '../transport.js';
import type { LayerShape, LayerTimes, StageTimes } from './stage-times.js';

/** CPU time of both ends of a link for a frame of so many bytes, in milliseconds. */
export interface TransportCost {
  readonly bytes: number;
  /** The part of sending that a frame takes once, on however many links it is sent. */
  readonly encoding: number;
  readonly sending: number;
  readonly receiving: number;
}

/** All that a simulation takes from measurements. Milliseconds a frame; plain JSON. */
export interface ServiceTimes {
  /** Pairs of rows in the frames that were measured. */
  readonly pairs: number;
  /** Threads that layers computed with. */
  readonly threads: number;
  /** A layer of each shape alone on the machine. */
  readonly layers: readonly LayerTimes[];
  /** How many times as long the layers take when all cores are busy, at least 1. */
  readonly slowdown: number;
  readonly feeder: number;
  readonly evaluator: number;
  /** To put a frame together from those of several shards, in milliseconds a byte. */
  readonly assembling: number;
  /** From the smallest frame to the largest. */
  readonly transport: readonly TransportCost[];
}

export interface Measurements {
  readonly pairs: number;
  readonly threads: number;
  readonly alone: StageTimes;
  /** The same shapes with all cores busy; undefined where there is one core. */
  readonly together: StageTimes | undefined;
  readonly transport: readonly Transport[];
}

/** Makes a simulation's service times out of what was measured. */
export function calibrate({ pairs, threads, alone, together, transport }: Measurements): ServiceTimes {
  const slowdowns = (together?.layers ?? []).map(
    (layer) => stepTime(layer) / stepTime(layerTimes(alone.layers, layer)),
  );
  return {
    pairs,
    threads,
    layers: alone.layers,
    slowdown: Math.max(1, ...(slowdowns.length === 0 ? [] : [median(slowdowns)])),
    feeder: median(alone.feeder),
    evaluator: median(alone.evaluator),
    assembling: median(alone.assembling.milliseconds) / alone.assembling.bytes,
    transport: transport
      .map(({ bytesPerFrame, encode, sender, receiver }) => {
        const [sending, receiving] = [sender.cpu.median, receiver.cpu.median];
        return { bytes: bytesPerFrame, encoding: Math.min(encode.median, sending), sending, receiving };
      })
      .sort((a, b) => a.bytes - b.bytes),
  };
}

/** A layer's median time for a frame, forward pass and learning, in milliseconds; of a shard, without waiting for others. */
export function stepTime({ forward, finish, learn }: LayerTimes): number {
  return median(forward) + (finish === undefined ? 0 : median(finish)) + median(learn);
}

/** @throws RangeError where no layer or shard of this shape was measured */
export function layerTimes(layers: readonly LayerTimes[], shape: LayerShape): LayerTimes {
  const found = layers.find((layer) => shapeKey(layer) === shapeKey(shape));
  if (found === undefined) {
    const { inputs, units, of } = shape;
    const what = of === undefined ? 'layer' : `shard of a layer of ${of} units`;
    throw new RangeError(`No ${what} of ${inputs} inputs and ${units} units was measured`);
  }
  return found;
}

/** The same for shapes that are. */
export function shapeKey({ inputs, overlay, units, of = units }: LayerShape): string {
  return `${inputs} ${overlay} ${units} ${of}`;
}

/**
 * What a frame of any size costs both ends: on the line through the measured sizes next to it, and never less than nothing.
 * @param measured from the smallest frame to the largest
 * @throws RangeError for fewer than two measured sizes
 */
export function transportCost(measured: readonly TransportCost[], bytes: number): TransportCost {
  if (measured.length < 2) throw new RangeError('A line takes two measured sizes or more');
  const above = measured.findIndex((cost) => cost.bytes >= bytes);
  const right = above === -1 ? measured.length - 1 : Math.max(1, above);
  const [low, high] = [measured[right - 1], measured[right]] as [TransportCost, TransportCost];
  const share = (bytes - low.bytes) / (high.bytes - low.bytes);
  const on = (read: (cost: TransportCost) => number): number => {
    return Math.max(0, read(low) + share * (read(high) - read(low)));
  };
  return {
    bytes,
    encoding: on(({ encoding }) => encoding),
    sending: on(({ sending }) => sending),
    receiving: on(({ receiving }) => receiving),
  };
}

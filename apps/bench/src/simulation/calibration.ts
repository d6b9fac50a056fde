import { median } from '../statistics.js';
import type { Transport } from '../transport.js';
import type { LayerShape, LayerTimes, StageTimes } from './stage-times.js';

/** CPU time of both ends of a link for a frame of so many bytes, in milliseconds. */
export interface TransportCost {
  readonly bytes: number;
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
    transport: transport.map(({ bytesPerFrame, sender, receiver }) => {
      return { bytes: bytesPerFrame, sending: sender.cpu.median, receiving: receiver.cpu.median };
    }),
  };
}

/** A layer's median time for a frame, forward pass and learning, in milliseconds. */
export function stepTime({ forward, learn }: LayerTimes): number {
  return median(forward) + median(learn);
}

/** @throws RangeError where no layer of this shape was measured */
export function layerTimes(layers: readonly LayerTimes[], { inputs, overlay, units }: LayerShape): LayerTimes {
  const found = layers.find((layer) => {
    return layer.inputs === inputs && layer.overlay === overlay && layer.units === units;
  });
  if (found === undefined) throw new RangeError(`No layer of ${inputs} inputs and ${units} units was measured`);
  return found;
}

/**
 * What a frame of any size costs both ends: on the line that fits the measured sizes best (least squares), and never
 * less than nothing. A frame has costs of its own, and each byte has some.
 * @throws RangeError for fewer than two measured sizes
 */
export function transportCost(measured: readonly TransportCost[], bytes: number): TransportCost {
  const sizes = measured.map((cost) => cost.bytes);
  const on = (costs: readonly number[]): number => Math.max(0, lineThrough(sizes, costs)(bytes));
  return {
    bytes,
    sending: on(measured.map(({ sending }) => sending)),
    receiving: on(measured.map(({ receiving }) => receiving)),
  };
}

function lineThrough(xs: readonly number[], ys: readonly number[]): (x: number) => number {
  if (new Set(xs).size < 2) throw new RangeError('A line takes two measured sizes or more');
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const covariance = mean(xs.map((x, index) => (x - meanX) * ((ys[index] as number) - meanY)));
  const variance = mean(xs.map((x) => (x - meanX) ** 2));
  return (x) => meanY + (covariance / variance) * (x - meanX);
}

import type { RunEvent, RunEventBody, RunHead, RunStatus } from '@layerline/api';

/** A plan of `mnist` with layers of so many units, 2 epochs of 100 batches of 50 images. */
export function plan(layers: readonly number[] = [10, 10]): RunHead['plan'] {
  return {
    ...{ dataset: { name: 'digits', seed: 1 }, seed: 1, epochs: 2, batch: 50, batchesPerEpoch: 100, evalEvery: 1 },
    ...{ snapshotEvery: 30, observeEvery: 5, negatives: 'wrong', classifyBy: 'all' },
    layers: layers.map((units) => ({
      ...{
        inputs: 784,
        overlay: 0,
        units,
        learningRate: 0.003,
        schedule: { name: 'constant' as const },
        dropout: 0,
        peerNormalization: 0,
      },
      activation: { name: 'relu' },
      goodness: { name: 'mean' },
      normalization: { name: 'mean-square' },
      objective: { name: 'silu', alpha: 6 },
      optimizer: { name: 'adam', weightDecay: 0 },
    })),
    data: {
      ...{
        kind: 'images',
        height: 28,
        width: 28,
        channels: 1,
        classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
        label: 'overwrite',
      },
      ...{ sha256: '', testShare: 0.2, validation: 0, splitSeed: 1 },
    },
    preparation: { standardize: false, shift: 0, flip: false, dropout: 0 },
    engine: { backend: 'onnx', threads: 1, spinning: false, concurrency: 1 },
  };
}

const PLACEMENT = { feeder: 'ada', 'layer-1': 'ada', 'layer-2': 'box', evaluator: 'box' };

export function status(changed: Partial<RunStatus> = {}): RunStatus {
  return {
    ...{ id: 'one', state: 'running', end: null, units: [10, 10], epochs: 2, imagesInAll: 10_000, engine: 'onnx' },
    ...{ numerics: null, exact: true, incarnation: 1, generation: 0, restarts: 0, epoch: 1, images: 500 },
    ...{ trainSeconds: 1, layers: [null, null], testError: null, placement: PLACEMENT, processes: [] },
    ...{ telemetry: {}, bottleneck: null, notices: [], operation: null },
    topology: { revision: 0, shards: [1, 1], threads: 1 },
    ...changed,
  };
}

export function head(id: string, changed: Partial<RunStatus> = {}): RunHead {
  return { type: 'run', id, status: status(changed), plan: plan() };
}

/** A run whose layers are cut. @param shards of each layer, which has so many blocks of 100 units */
export function cut(shards: readonly number[], changed: Partial<RunStatus> = {}): RunHead {
  const units = shards.map((count) => 100 * count);
  const topology = { revision: 0, shards: [...shards], threads: 1 };
  return { ...head('1.0.1', { units, topology, ...changed }), plan: { ...plan(units), shards: [...shards] } };
}

/** @param at in milliseconds since 1970 */
export function event(id: string, body: RunEventBody, at = 0): RunEvent {
  return { ...body, id, at: new Date(at).toISOString() };
}

export function evaluation(id: string, step: number, testError: number): Extract<RunEvent, { type: 'evaluation' }> {
  const body = {
    type: 'evaluation',
    epoch: Math.ceil(step / 100),
    step,
    testError,
    perLayerError: [0.5, 0.25],
  } as const;
  return {
    ...body,
    perLayerError: [...body.perLayerError],
    seconds: 0.5,
    trainSeconds: 2,
    id,
    at: '2026-01-01T00:00:00.000Z',
  };
}

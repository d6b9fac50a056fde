import { knownSummary } from '@layerline/datasets';
import { evaluatorReport, look } from '@layerline/api';
import type { EvaluatorReport, Look } from '@layerline/api';
import { decodeSafetensors, hashWeights } from '@layerline/checkpoint';
import type { ModelPart, NamedTensor } from '@layerline/checkpoint';
import type { Dataset } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { applyPreset, layerName, makePlan, shardsOf } from '@layerline/plan';
import type { PartialRunConfig, Plan } from '@layerline/plan';
import { byteLength, decodeFrame, encodeFrame } from '@layerline/protocol';
import type { Envelope, Frame, StreamOrder } from '@layerline/protocol';
import type { Resumption, Role, StageServices } from '@layerline/stage';
import { MemoryPeers, openAll, openBackend, runInMemory } from '../../src/index.js';

/** As long as an envelope can be. */
export const ENVELOPE: Envelope = {
  run: 'r'.repeat(100),
  incarnation: 0xffff_ffff,
  generation: 0xffff_ffff,
  sequence: Number.MAX_SAFE_INTEGER,
};

/**
 * A plan of a small network; every number that a test depends on can be given. It does not count test images, as that of an
 * older version: an evaluation may have any number.
 */
export function planOf(config: PartialRunConfig, trainRows: number, engine: Partial<Plan['engine']> = {}): Plan {
  const settings = { layers: [130, 100], batch: 20, epochs: 1, seed: 5, evalEvery: 1, ...config };
  const { testRows: _, ...plan } = makePlan(applyPreset('quick', settings), {
    dataset: { name: 'digits', seed: 1 },
    summary: { ...knownSummary('digits'), trainByClass: [trainRows], testRows: 1 },
    engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1, ...engine },
  });
  return plan;
}

export interface Trained {
  readonly reports: readonly EvaluatorReport[];
  /** By step, then by stage. */
  readonly snapshots: ReadonlyMap<number, ReadonlyMap<string, Uint8Array>>;
  readonly parts: readonly ModelPart[];
  readonly looks: readonly Look[];
  readonly weightsSha256: string;
}

/**
 * Trains by a plan in this process.
 * @param between changes frames on their way from stage to stage
 * @param orders that the feeder is given before it begins
 */
export async function train(
  plan: Plan,
  dataset: Dataset,
  between?: (frame: Frame) => Frame,
  orders?: readonly StreamOrder[],
): Promise<Trained> {
  const { backend, ...options } = plan.engine;
  return trainOn(await openBackend(backend, options), plan, dataset, between, undefined, orders);
}

export async function trainOn(
  engine: Engine,
  uncounted: Plan,
  dataset: Dataset,
  between?: (frame: Frame) => Frame,
  resume?: { readonly step: number; readonly parts: ReadonlyMap<string, Uint8Array> },
  orders: readonly StreamOrder[] = [],
): Promise<Trained> {
  const plan = { ...uncounted, testRows: dataset.test.count };
  const reports: EvaluatorReport[] = [];
  const stored = new Map<string, ModelPart>();
  const looks: Look[] = [];
  const snapshots = new Map<number, Map<string, Uint8Array>>();
  const roles: Role[] = [];
  const peers = new MemoryPeers(plan);
  const services = (name: string): StageServices => ({
    exchange: peers.exchangeOf(name),
    report: (report) => void reports.push(evaluatorReport.parse(report)),
    storeModel: async (bytes) => void stored.set(name, { name, tensors: decodeSafetensors(bytes, name) }),
    storeSnapshot: async (step, bytes) => {
      const parts = snapshots.get(step) ?? new Map<string, Uint8Array>();
      snapshots.set(step, parts.set(name, bytes));
      if (parts.size === roles.length) roles[0]?.handle?.({ type: 'snapshot-settled', step });
    },
    storeLook: async (_, bytes) => void looks.push(look.parse(JSON.parse(Buffer.from(bytes).toString()))),
  });
  const resumption = (stage: string): Resumption | undefined =>
    resume && { step: resume.step, read: async () => resume.parts.get(stage) ?? new Uint8Array() };
  roles.push(...(await openAll(plan, dataset, engine, { services, resumption })));
  for (const order of orders) roles[0]?.handle?.(order);
  const changed = between === undefined ? roles : roles.map((role) => changing(role, between));
  await runInMemory(plan, changed, peers).finally(() => engine.close());
  const parts = plan.layers.map((_, index) => whole(plan, index, stored));
  return { reports, snapshots, parts, looks, weightsSha256: hashWeights(parts) };
}

/** A layer's part of the model, put together from those of its shards. */
function whole(plan: Plan, index: number, stored: ReadonlyMap<string, ModelPart>): ModelPart {
  const shards = shardsOf(plan, index).map(({ stage }) => stored.get(stage) as ModelPart);
  const [first] = shards as [ModelPart];
  const tensors = first.tensors.map(({ name, shape: [rows = 0, columns = 0] }): NamedTensor => {
    const slices = shards.flatMap((shard) => shard.tensors.filter((tensor) => tensor.name === name));
    const data = Float32Array.from(slices.flatMap((slice) => [...slice.data]));
    return { name, data, shape: rows === 1 ? [1, data.length] : [data.length / columns, columns] };
  });
  return { name: layerName(index), tensors };
}

/** A role whose frames are changed on their way to the next one. */
function changing(role: Role, change: (frame: Frame) => Frame): Role {
  return {
    isHead: role.isHead ?? false,
    transform: async function* (input) {
      for await (const frame of role.transform(input)) yield change(frame);
    },
    ...(role.gather && { gather: (inputs) => role.gather?.(inputs) ?? none() }),
    handle: (order) => role.handle?.(order),
    close: () => role.close(),
  };
}

async function* none(): AsyncGenerator<Frame> {}

/** A frame as it comes out of a link. */
export function overTheWire(frame: Frame): Frame {
  return decodeFrame([Buffer.concat(encodeFrame(ENVELOPE, frame))]).frame;
}

/** The bytes that a frame takes on a link. */
export function bytesOf(frame: Frame): number {
  return byteLength(encodeFrame(ENVELOPE, frame));
}

export async function collect(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const collected: Frame[] = [];
  for await (const frame of frames) collected.push(frame);
  return collected;
}

export async function* streamOf(...frames: readonly Frame[]): AsyncGenerator<Frame> {
  yield* frames;
}

/** The reports of one type. */
export function reportsOf<Type extends EvaluatorReport['type']>(
  reports: readonly EvaluatorReport[],
  type: Type,
): Extract<EvaluatorReport, { type: Type }>[] {
  return reports.filter((report): report is Extract<EvaluatorReport, { type: Type }> => report.type === type);
}

import type { PartialRunConfig } from '@layerline/plan';
import { linksOf } from '@layerline/plan';
import type { Frame } from '@layerline/protocol';
import type { StageServices } from '@layerline/stage';
import t from 'tap';
import { openAll, openBackend } from '../src/index.js';
import { pictures } from './support/data.js';
import { bytesOf, planOf } from './support/run.js';

const DATA = pictures(64, 23);
/** What the bound may be above the largest frame: room for names and numbers in the header, in bytes. */
const HEADER_ROOM = (blocks: number): number => 2048 + 256 * blocks;

const NO_SERVICES: StageServices = {
  report: () => undefined,
  storeModel: async () => undefined,
  storeSnapshot: async () => undefined,
  storeLook: async () => undefined,
  exchange: async () => [],
};

const CONFIGS: Record<string, PartialRunConfig> = {
  'a batch of one pair, less than a score frame': { batch: 1, layers: [3, 5] },
  'a score frame of as many rows as a batch': { batch: 5, layers: [130, 7] },
  'a score frame of fewer rows than a batch': { batch: 19, layers: [33, 64, 2] },
  'all rows in a batch': { batch: 64, layers: [1, 1] },
  'many layers for many rows': { batch: 64, layers: Array.from({ length: 12 }, () => 1) },
  'one layer': { batch: 8, layers: [20] },
  'softmax readouts, beside goodness': { batch: 30, layers: [33, 64], readout: 'softmax' },
  'labels for every layer, and a readout that cascades': {
    batch: 16,
    layers: [12, 9, 4],
    labels: 'every',
    readout: 'cascade',
  },
  'labelled rows alone': { batch: 11, layers: [40, 7], objective: 'mono-forward' },
  'hybrids without labels': { batch: 10, layers: [30, 20], labels: 'none', negatives: 'hybrid' },
  'as many layers as there can be': { batch: 3, layers: Array.from({ length: 64 }, () => 2) },
};

for (const [name, config] of Object.entries(CONFIGS)) {
  await t.test(`no frame is larger than its stage says: ${name}`, async (t) => {
    const plan = planOf({ ...config, learningRate: 1e-4 }, DATA.train.count);
    const engine = await openBackend(plan.engine.backend, plan.engine);
    const roles = await openAll(plan, DATA, engine, { services: () => NO_SERVICES, resumption: () => undefined });
    const none = (): number[] => roles.map(() => 0);
    const largest = { train: none(), score: none(), look: none(), rank: none(), barrier: none() };
    roles[0]?.handle?.({ type: 'look', id: 0xffff_ffff, image: DATA.test.count - 1 });
    let frames: AsyncIterable<Frame> = (async function* (): AsyncGenerator<Frame> {})();
    for (const [stage, role] of roles.entries()) frames = measured(role.transform(frames), stage);
    for await (const _ of frames) t.fail('the evaluator sends nothing');
    await engine.close();

    async function* measured(sent: AsyncIterable<Frame>, stage: number): AsyncGenerator<Frame> {
      for await (const frame of sent) {
        const kind = frame.kind === 'barrier' ? 'barrier' : frame.purpose;
        largest[kind][stage] = Math.max(largest[kind][stage] as number, bytesOf(frame));
        yield frame;
      }
    }

    for (const [index, { from, maxFrameBytes }] of linksOf(plan).entries()) {
      const sizes = (['train', 'score', 'look', 'barrier'] as const).map((kind) => largest[kind][index] as number);
      t.ok(
        sizes.every((bytes) => bytes > 0 && bytes <= maxFrameBytes),
        `${from}: train, score, look, barrier ${sizes.join()} of ${maxFrameBytes}`,
      );
      const loose = maxFrameBytes - Math.max(...sizes) - HEADER_ROOM(index + 2);
      t.ok(loose < 0.02 * maxFrameBytes, `${from}: and no more than it needs`);
    }
  });
}

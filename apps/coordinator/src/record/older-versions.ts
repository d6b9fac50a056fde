import { knownSummary } from '@layerline/datasets';
import { METHODS_BEFORE, MODULES, observeEvery, settingsOf } from '@layerline/plan';

/** How data was divided up before there was a choice. */
const SPLIT = { testShare: 0.2, validation: 0, splitSeed: 1 };

/** Rows went in as they are. */
const AS_THEY_ARE = { standardize: false, shift: 0, flip: false };

type Json = Readonly<Record<string, unknown>>;

/** The config of a run of an older version, with what that version did not know of as it was then. */
export function upgradeConfig(config: unknown): unknown {
  // What observations leave open is settled as for a new run: they change no number.
  const learning = { observeEvery: 'auto', activation: 'relu', normalization: 'mean-square', schedule: 'late-linear' };
  return {
    ...learning,
    dropout: 0,
    label: 'auto',
    ...SPLIT,
    ...AS_THEY_ARE,
    inputDropout: 0,
    ...METHODS_BEFORE,
    ...asRecord(config),
  };
}

/** The plan of a run of an older version, as {@link upgradeConfig}. */
export function upgradePlan(plan: unknown): unknown {
  const { learningRate, ...kept } = asRecord(plan);
  const { batchesPerEpoch, layers } = kept;
  const every = typeof batchesPerEpoch === 'number' ? observeEvery('auto', batchesPerEpoch) : 0;
  const upgraded = Array.isArray(layers) ? layers.map((layer) => upgradeLayer(asRecord(layer), learningRate)) : layers;
  const preparation = { ...AS_THEY_ARE, dropout: 0 };
  return { observeEvery: every, data: dataOf(asRecord(kept['dataset'])), preparation, ...kept, layers: upgraded };
}

/** Data was one of those that are known by name, and not divided up. */
function dataOf({ name }: Json): Json {
  const known = (['mnist', 'fashion-mnist'] as const).find((each) => each === name) ?? 'digits';
  const { spec, sha256 } = knownSummary(known);
  return { ...spec, sha256, ...SPLIT };
}

/** Goodness was a name alone, there was one rate for all layers, and every objective had a threshold. */
function upgradeLayer(layer: Json, learningRate: unknown): Json {
  const { goodness, objective } = layer;
  const module = MODULES.objective.find(({ name }) => name === asRecord(objective)['name']);
  return {
    activation: { name: 'relu' },
    normalization: { name: 'mean-square' },
    schedule: { name: 'late-linear' },
    dropout: 0,
    ...(learningRate === undefined ? {} : { learningRate }),
    ...layer,
    goodness: typeof goodness === 'string' ? { name: goodness } : goodness,
    objective: module === undefined ? objective : settingsOf(module, asRecord(objective)),
  };
}

function asRecord(value: unknown): Json {
  return Object(value) as Json;
}

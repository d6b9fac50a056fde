import { OPTIMIZER_NAMES } from '@layerline/forward-forward';
import { DATA_CHOICES } from './data.js';
import type { DataChoice } from './data.js';
import { OptionError } from './errors.js';
import { parseNetwork } from './network.js';
import type { Network } from './network.js';
import { OBJECTIVES } from './work.js';
import type { ObjectiveName, OptimizerName } from './work.js';

/** The parts of the benchmark, in the order in which they run. */
export const PARTS = [
  'limit',
  'peers',
  'accuracy',
  'engines',
  'pipeline',
  'shards',
  'transport',
  'simulation',
  'watching',
] as const;
export type Part = (typeof PARTS)[number];

export const BATCH = 100;

/** What the benchmark measures, and how thoroughly. */
export interface BenchOptions {
  readonly parts: readonly Part[];
  readonly networks: readonly Network[];
  readonly optimizers: readonly OptimizerName[];
  readonly objective: ObjectiveName;
  readonly images: number;
  readonly repeats: number;
  readonly data: DataChoice;
  /** Of equal widths. */
  readonly accuracyNetwork: Network;
  /** Planned epochs of each training whose accuracy is followed: its learning rate falls to 0 at their end. */
  readonly accuracyEpochs: number;
  readonly accuracyRepeats: number;
  /** Numbers of layers that the pipeline is measured with. */
  readonly pipelineLayers: readonly number[];
  /** Longest run of a side that can stop anywhere. */
  readonly secondsPerRun: number;
  readonly trialImages: number;
  /** How long each size of a product is tried. */
  readonly gemmSeconds: number;
  /** Frames that each side of a link is measured over. */
  readonly transportFrames: number;
  /** Frames that each layer is timed over for the simulation. */
  readonly stageRepeats: number;
  /** How long each engine makes steps in each repeat. */
  readonly engineSeconds: number;
  /** Command of the Python that the environment is made with; undefined to leave the Python peers out. */
  readonly python: string | undefined;
  readonly upgrade: boolean;
  readonly out: string;
  /** To the report that is there, of the same machine. */
  readonly add: boolean;
}

/** The options as commander reads them. */
export interface RawOptions {
  readonly quick?: true;
  readonly only?: string;
  readonly networks?: string;
  readonly optimizers?: string;
  readonly objective?: string;
  readonly images?: string;
  readonly repeats?: string;
  readonly accuracyEpochs?: string;
  readonly secondsPerRun?: string;
  readonly trialImages?: string;
  readonly data?: string;
  readonly pipelineLayers?: string;
  readonly python: string | false;
  readonly upgrade?: true;
  readonly out: string;
  readonly add?: true;
}

const THOROUGH = {
  networks: '784-500x2,784-1000x3,784-2000x4',
  optimizers: 'sgd,adam',
  images: '60000',
  repeats: '5',
  accuracyNetwork: '784-1000x3',
  accuracyEpochs: '10',
  // Each repeat has eight trainings of some minutes.
  accuracyRepeats: '3',
  pipelineLayers: '1,2,4',
  secondsPerRun: '60',
  trialImages: '10000',
  gemmSeconds: 2,
  engineSeconds: 2,
  transportFrames: 500,
  stageRepeats: 40,
} as const;

const QUICK = {
  networks: '784-500x2',
  optimizers: 'sgd',
  images: '20000',
  repeats: '2',
  accuracyNetwork: '784-500x2',
  accuracyEpochs: '2',
  accuracyRepeats: '1',
  pipelineLayers: '2',
  secondsPerRun: '10',
  trialImages: '2000',
  gemmSeconds: 0.5,
  engineSeconds: 0.5,
  transportFrames: 100,
  stageRepeats: 10,
} as const;

/** @throws OptionError for what cannot be meant */
export function readOptions(raw: RawOptions): BenchOptions {
  const base = raw.quick === true ? QUICK : THOROUGH;
  const { networks, optimizers, images, repeats, accuracyEpochs, pipelineLayers, secondsPerRun, trialImages } = {
    ...base,
    ...raw,
  };
  return {
    parts: raw.only === undefined ? PARTS : list(raw.only, (text) => oneOf('only', text, PARTS)),
    networks: list(networks, parseNetwork),
    optimizers: list(optimizers, (text) => oneOf('optimizers', text, OPTIMIZER_NAMES)),
    objective: oneOf('objective', raw.objective ?? 'silu', OBJECTIVES),
    images: size('images', images),
    repeats: size('repeats', repeats),
    data: oneOf('data', raw.data ?? 'auto', DATA_CHOICES),
    accuracyNetwork: parseNetwork(base.accuracyNetwork),
    accuracyEpochs: size('accuracy-epochs', accuracyEpochs),
    accuracyRepeats: size('repeats', raw.repeats ?? base.accuracyRepeats),
    pipelineLayers: list(pipelineLayers, (text) => size('pipeline-layers', text)),
    secondsPerRun: size('seconds-per-run', secondsPerRun),
    trialImages: size('trial-images', trialImages),
    gemmSeconds: base.gemmSeconds,
    engineSeconds: base.engineSeconds,
    transportFrames: base.transportFrames,
    stageRepeats: base.stageRepeats,
    python: raw.python === false ? undefined : raw.python,
    upgrade: raw.upgrade === true,
    out: raw.out,
    add: raw.add === true,
  };
}

function list<Item>(text: string, read: (part: string) => Item): Item[] {
  return text.split(',').map((part) => read(part.trim()));
}

function oneOf<Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new OptionError(`${option}: "${text}" is none of ${choices.join(', ')}`);
  return found;
}

function size(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new OptionError(`${option}: "${text}" is no whole number above 0`);
  }
  return number;
}

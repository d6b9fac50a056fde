import { ACCURACY_RECIPES, compareAccuracy } from './accuracy.js';
import type { AccuracyComparison } from './accuracy.js';
import { isInterrupted } from './child.js';
import { compare } from './comparison.js';
import type { Comparison } from './comparison.js';
import type { Contestant, Learner } from './contestants/contestant.js';
import { layerline } from './contestants/layerline.js';
import { pythonPeer } from './contestants/python.js';
import { tfjsNode, tfjsWasm } from './contestants/tfjs.js';
import { chooseBestData, chooseData, imagesOf } from './data.js';
import { measureEngines } from './engine-speeds.js';
import { InterruptedError } from './errors.js';
import { measureLimit } from './limit.js';
import { describeMachine } from './machine.js';
import { parseNetwork } from './network.js';
import type { Network } from './network.js';
import { BATCH, PARTS } from './options.js';
import type { BenchOptions, Part } from './options.js';
import { equalLayers, measurePipeline } from './pipeline.js';
import type { PipelineResult } from './pipeline.js';
import { NO_PYTHON, preparePython } from './python-environment.js';
import type { PythonEnvironment } from './python-environment.js';
import { add, readEarlier } from './report/addition.js';
import { NOTHING_MEASURED } from './report/report.js';
import type { Measured, Report } from './report/report.js';
import { inTwo, measureShards } from './shards.js';
import { studySimulation } from './simulation/study.js';
import { median } from './statistics.js';
import { measureTransport } from './transport.js';
import { measureWatching } from './watching.js';
import { publishedRecipe, recipeOf } from './work.js';
import type { Work, WorkData } from './work.js';

/** Width of every other layer of the networks that the pipeline is measured with. */
const WIDE = 2000;
/** The layer that is cut in two. */
const WIDE_LAYER = parseNetwork('784-4000');
/** What is cut beside it: a layer after another with as many shards, and one after a layer that is whole. */
const CUT_NETWORKS: readonly Network[] = [
  { ...parseNetwork('784-2000x2'), shards: [2, 2] },
  { ...parseNetwork('784-1000x2'), shards: [1, 3] },
];
/** Of the layers that send the frames of a link which is measured by itself; 10 columns are what sums of 1000 units take. */
const TRANSPORT_WIDTHS = [10, 500, 1000, 2000] as const;

/** Where and how the benchmark measures. */
interface Surroundings {
  readonly options: BenchOptions;
  readonly data: WorkData;
  readonly python: PythonEnvironment;
  /** A folder of the benchmark's own. */
  readonly cache: string;
  readonly say: (line: string) => void;
}

/** Measures a part of the benchmark; yields what is known of it whenever there is more. */
type MeasurePart = (surroundings: Surroundings, measured: Measured) => AsyncGenerator<Partial<Measured>>;

const MEASURE: Readonly<Record<Part, MeasurePart>> = {
  limit: async function* ({ options, python, say }) {
    yield { limit: await measureLimit(python, { seconds: options.gemmSeconds, say }) };
  },
  peers: comparePeers,
  accuracy: measureAccuracy,
  engines: async function* ({ options: { repeats, engineSeconds: seconds }, say }) {
    yield { engines: await measureEngines({ repeats, seconds, say }) };
  },
  pipeline: measurePipelines,
  shards: async function* ({ options: { objective, images, repeats }, data, say }) {
    const work = { network: WIDE_LAYER, recipe: recipeOf('sgd', objective), batch: BATCH, images, data };
    yield { shards: await measureShards(work, { repeats, others: CUT_NETWORKS, say }) };
  },
  transport: async function* ({ options: { transportFrames: frames, repeats }, say }) {
    yield { transport: await measureTransport({ pairs: BATCH, widths: TRANSPORT_WIDTHS, frames, repeats, say }) };
  },
  simulation: simulate,
  watching: async function* ({ options, data, say }) {
    const { accuracyNetwork: network, objective, images, repeats } = options;
    const work = { network, recipe: recipeOf('sgd', objective), batch: BATCH, images, data };
    yield { watching: await measureWatching(work, { repeats, say }) };
  },
};
const NEED_PYTHON: readonly Part[] = ['limit', 'peers', 'accuracy'];

/**
 * Measures everything that is asked for, one thing after the other. Yields the report whenever there is more in it; the
 * last one is complete, unless the user has interrupted the benchmark.
 * @param command what the user typed, for the report
 * @param cache a folder of the benchmark's own
 * @throws ReportError where the report that is to be added to cannot be
 */
export async function* measure(
  options: BenchOptions,
  command: string,
  cache: string,
  say: (line: string) => void,
): AsyncGenerator<Report> {
  const date = new Date().toISOString().slice(0, 10);
  const machine = describeMachine();
  const earlier = options.add ? await readEarlier(options.out, machine) : undefined;
  const commands = [...(earlier?.commands ?? []), command];
  const heading = { date, commands, machine, repeats: [...(earlier?.repeats ?? []), options.repeats] };
  let measured: Measured = earlier ?? NOTHING_MEASURED;
  try {
    const data = await chooseData(options.data, options.images, cache);
    const wanted = PARTS.filter((part) => options.parts.includes(part));
    const python = wanted.some((part) => NEED_PYTHON.includes(part))
      ? await openPython(options, cache, say)
      : NO_PYTHON;
    for (const part of wanted) {
      for await (const more of MEASURE[part]({ options, data, python, cache, say }, measured)) {
        measured = add(measured, more);
        yield { ...measured, ...heading, complete: false };
      }
    }
  } catch (error) {
    if (error instanceof InterruptedError) return;
    throw error;
  }
  if (!isInterrupted()) yield { ...measured, ...heading, complete: earlier?.complete ?? true };
}

async function openPython(
  { python, upgrade }: BenchOptions,
  cache: string,
  say: (line: string) => void,
): Promise<PythonEnvironment> {
  if (python !== undefined) return preparePython(cache, { python, upgrade, say });
  return { ...NO_PYTHON, absent: [{ name: 'Python peers', reason: 'not asked for' }] };
}

async function* comparePeers({ options, data, python, say }: Surroundings): AsyncGenerator<Partial<Measured>> {
  const { interpreter, packages } = python;
  const contestants: Contestant[] = [layerline('one process'), layerline('pipeline')];
  if (packages.includes('torch')) {
    contestants.push(pythonPeer('PyTorch eager', interpreter), pythonPeer('PyTorch torch.compile', interpreter));
  }
  if (packages.includes('jax')) contestants.push(pythonPeer('JAX jit', interpreter));
  contestants.push(tfjsNode, tfjsWasm);
  const comparisons: Comparison[] = [];
  for (const work of works(options, data)) {
    const title = `${work.network.name}, ${work.recipe.optimizer}`;
    const comparison = await compare(contestants, work, { ...options, say: (line) => say(`${title}: ${line}`) });
    comparisons.push({ ...comparison, absent: [...python.absent, ...comparison.absent] });
    yield { comparisons: [...comparisons] };
  }
}

function works({ networks, optimizers, objective, images }: BenchOptions, data: WorkData): Work[] {
  return networks.flatMap((network) =>
    optimizers.map((optimizer) => ({ network, recipe: recipeOf(optimizer, objective), batch: BATCH, images, data })),
  );
}

async function* measureAccuracy({ options, python, cache, say }: Surroundings): AsyncGenerator<Partial<Measured>> {
  const data = await chooseBestData(options.data, cache);
  const { interpreter, packages } = python;
  const learners: Learner[] = [layerline('one process'), layerline('pipeline')];
  if (packages.includes('torch')) learners.push(pythonPeer('PyTorch', interpreter));
  if (packages.includes('jax')) learners.push(pythonPeer('JAX jit', interpreter));
  const { accuracyEpochs: epochs, accuracyNetwork: network, accuracyRepeats: repeats, trialImages } = options;
  const recipes = { own: recipeOf('adam', 'silu'), published: publishedRecipe(Math.max(...network.layers)) };
  const accuracy: AccuracyComparison[] = [];
  for (const recipe of ['own', 'published'] as const) {
    const images = imagesOf(epochs, data);
    const work: Work = { network, recipe: recipes[recipe], batch: BATCH, images, data };
    const tell = (line: string): void => say(`${ACCURACY_RECIPES[recipe]}: ${line}`);
    const settings = { epochs, repeats, trialImages, say: tell };
    const comparison = await compareAccuracy(learners, { recipe, work }, settings);
    accuracy.push({ ...comparison, absent: [...python.absent, ...comparison.absent] });
    yield { accuracy: [...accuracy] };
  }
}

async function* measurePipelines({ options, data, say }: Surroundings): AsyncGenerator<Partial<Measured>> {
  const { pipelineLayers, objective, images, repeats } = options;
  const pipeline: PipelineResult[] = [];
  for (const count of pipelineLayers) {
    const network = equalLayers(count, WIDE);
    const work = { network, recipe: recipeOf('sgd', objective), batch: BATCH, images, data };
    pipeline.push(await measurePipeline(work, { repeats, say }));
    yield { pipeline: [...pipeline] };
  }
}

/** Takes what the parts before it have found: how the pipeline really ran, and what its links cost. */
async function* simulate({ options, say }: Surroundings, measured: Measured): AsyncGenerator<Partial<Measured>> {
  const { objective, stageRepeats: repeats } = options;
  const frames = { pairs: BATCH, widths: TRANSPORT_WIDTHS, frames: options.transportFrames, repeats: 1, say };
  const transport = measured.transport.length > 0 ? measured.transport : await measureTransport(frames);
  const real = realRuns(measured).map(({ network, rates }) => ({ network, imagesPerSecond: median(rates) }));
  const recipe = recipeOf('sgd', objective);
  yield { transport, simulation: await studySimulation({ recipe, pairs: BATCH, repeats, transport, real, say }) };
}

/** The pipelines that have run here, with their images a second. */
function realRuns({ pipeline, shards }: Measured): { readonly network: Network; readonly rates: readonly number[] }[] {
  const whole = pipeline.map(({ network, imagesPerSecond }) => ({ network, rates: imagesPerSecond.pipeline }));
  if (shards === undefined) return whole;
  const wide = { network: inTwo(shards.work.network), rates: shards.imagesPerSecond['two shards'] };
  const others = shards.others.map(({ network, imagesPerSecond }) => ({ network, rates: imagesPerSecond }));
  return [...whole, wide, ...others];
}

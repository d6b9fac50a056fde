import { compare } from './comparison.js';
import type { Comparison } from './comparison.js';
import type { Contestant } from './contestants/contestant.js';
import { layerline } from './contestants/layerline.js';
import { pythonPeer } from './contestants/python.js';
import { tfjsPeer } from './contestants/tfjs.js';
import { chooseData } from './data.js';
import { measureLimit } from './limit.js';
import { describeMachine } from './machine.js';
import { BATCH } from './options.js';
import type { BenchOptions } from './options.js';
import { equalLayers, measurePipeline } from './pipeline.js';
import type { PipelineResult } from './pipeline.js';
import { NO_PYTHON, preparePython } from './python-environment.js';
import type { PythonEnvironment } from './python-environment.js';
import type { Report } from './report/report.js';
import { recipeOf } from './work.js';
import type { Work, WorkData } from './work.js';

/** Width of every other layer of the networks that the pipeline is measured with. */
const WIDE = 2000;

/**
 * Measures everything that is asked for, one thing after the other.
 * @param command what the user typed, for the report
 * @param cache a folder of the benchmark's own
 */
export async function measure(
  options: BenchOptions,
  command: string,
  cache: string,
  say: (line: string) => void,
): Promise<Report> {
  const wants = (part: (typeof options.parts)[number]): boolean => options.parts.includes(part);
  const data = await chooseData(options.data, options.images, cache);
  const python = wants('limit') || wants('peers') ? await openPython(options, cache, say) : NO_PYTHON;
  return {
    date: new Date().toISOString().slice(0, 10),
    command,
    machine: describeMachine(),
    repeats: options.repeats,
    limit: wants('limit') ? await measureLimit(python, { seconds: options.gemmSeconds, say }) : undefined,
    comparisons: wants('peers') ? await comparePeers(options, data, python, say) : [],
    pipeline: wants('pipeline') ? await measurePipelines(options, data, say) : [],
  };
}

async function openPython(
  { python, upgrade }: BenchOptions,
  cache: string,
  say: (line: string) => void,
): Promise<PythonEnvironment> {
  if (python !== undefined) return preparePython(cache, { python, upgrade, say });
  return { ...NO_PYTHON, absent: [{ name: 'Python peers', reason: 'not asked for' }] };
}

async function comparePeers(
  options: BenchOptions,
  data: WorkData,
  python: PythonEnvironment,
  say: (line: string) => void,
): Promise<Comparison[]> {
  const contestants: Contestant[] = [layerline('one process'), layerline('pipeline')];
  if (python.packages.includes('torch')) {
    contestants.push(
      pythonPeer('PyTorch eager', python.interpreter),
      pythonPeer('PyTorch torch.compile', python.interpreter),
    );
  }
  if (python.packages.includes('jax')) contestants.push(pythonPeer('JAX jit', python.interpreter));
  contestants.push(tfjsPeer);
  const comparisons: Comparison[] = [];
  for (const work of works(options, data)) {
    const title = `${work.network.name}, ${work.recipe.optimizer}`;
    const comparison = await compare(contestants, work, { ...options, say: (line) => say(`${title}: ${line}`) });
    comparisons.push({ ...comparison, absent: [...python.absent, ...comparison.absent] });
  }
  return comparisons;
}

function works({ networks, optimizers, objective, images }: BenchOptions, data: WorkData): Work[] {
  return networks.flatMap((network) =>
    optimizers.map((optimizer) => ({ network, recipe: recipeOf(optimizer, objective), batch: BATCH, images, data })),
  );
}

async function measurePipelines(
  { pipelineLayers, objective, images, repeats }: BenchOptions,
  data: WorkData,
  say: (line: string) => void,
): Promise<PipelineResult[]> {
  const results: PipelineResult[] = [];
  for (const count of pipelineLayers) {
    const network = equalLayers(count, WIDE);
    const work = { network, recipe: recipeOf('sgd', objective), batch: BATCH, images, data };
    results.push(await measurePipeline(work, { repeats, say }));
  }
  return results;
}

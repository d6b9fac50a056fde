import { knownSummary, resolveDataset, rowSize } from '@layerline/datasets';
import { classifierParameters, layerState, objectiveOf, parametersOf } from '@layerline/forward-forward';
import type { LayerSpec } from '@layerline/forward-forward';
import { sizeOf } from '@layerline/ops';
import { layerName, leastMemory, networkOf, workOf } from '@layerline/plan';
import type { Network } from '@layerline/plan';
import { resolveConfig } from '../config-sources.js';
import type { ConfigInputs } from '../config-sources.js';
import { megabytes, whole } from '../display/format.js';
import { table } from '../display/table.js';
import { configOf, findRun } from '../run-lookup.js';
import { isKnownDataset } from '../known-datasets.js';

/** What a network's layers are, and what they take. */
interface LayerSummary {
  readonly layer: string;
  readonly kind: string;
  readonly inputs: number;
  readonly units: number;
  readonly parameters: number;
  /** In bytes, where it is known. */
  readonly memory: number | null;
  /** Multiply-adds of its matrix products in a learning step. */
  readonly multiplyAdds: number | null;
}

export interface SummaryArguments {
  readonly run: string | undefined;
  readonly out: string;
  readonly options: ConfigInputs['options'];
  readonly file: string | undefined;
  /** A run whose settings are taken, for the options to change; undefined for none. */
  readonly from?: string | undefined;
  /** The classifier of `layerline baseline` in place of a Forward-Forward network. */
  readonly baseline: boolean;
  readonly json: boolean;
}

/** `layerline summary [RUN]`: layers, shapes and parameters of a network. @returns the exit code */
export async function summarize(given: SummaryArguments): Promise<number> {
  const { baseline, json } = given;
  const layers = baseline ? classifierLayers() : networkLayers(await networkFor(given));
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  if (json) {
    process.stdout.write(`${JSON.stringify({ layers, parameters })}\n`);
    return 0;
  }
  const rows = layers.map(({ layer, kind, inputs, units, parameters: own, memory, multiplyAdds }) => [
    ...[layer, kind, `${whole(inputs)} → ${whole(units)}`, whole(own)],
    ...[memory === null ? '–' : megabytes(memory), multiplyAdds === null ? '–' : `${whole(multiplyAdds / 1e6)} M`],
  ]);
  const heads = ['layer', 'what it is', 'shape', 'parameters', 'memory', 'multiply-adds a batch'];
  process.stdout.write(table(heads, rows));
  process.stdout.write(`Parameters in all: ${whole(parameters)}\n`);
  return 0;
}

async function networkFor({
  run,
  out,
  options,
  file,
  from,
}: SummaryArguments): Promise<Network & { readonly observeEvery: number }> {
  if (run !== undefined) return (await findRun(run, out)).plan;
  const before = await configOf(from, out);
  const inputs = { options, file, from: before, environment: process.env, workingDirectory: process.cwd() };
  const { config } = resolveConfig(inputs);
  const { dataset, labelColumn, header, dataDir: dataDirectory } = config;
  const summary = isKnownDataset(dataset)
    ? knownSummary(dataset === 'auto' ? 'mnist' : dataset)
    : (await resolveDataset(dataset, { dataDirectory, read: { labelColumn, header } })).summary;
  return { ...networkOf(config, summary), observeEvery: config.observeEvery === 0 ? 0 : 1 };
}

function networkLayers(network: Network & { readonly observeEvery: number }): LayerSummary[] {
  const memory = leastMemory(network);
  return network.layers.map((spec, index) => ({
    layer: layerName(index),
    kind: kindOf(spec),
    ...{ inputs: spec.inputs, units: spec.units },
    parameters: layerState(spec).reduce((sum, { name, shape }) => {
      return parametersOf(spec).includes(name) ? sum + sizeOf(shape) : sum;
    }, 0),
    memory: memory[index] ?? null,
    multiplyAdds: workOf(network, { layer: index, range: { from: 0, to: spec.units } }),
  }));
}

function kindOf({ activation, goodness, objective, readout }: LayerSpec): string {
  const learns = objectiveOf(objective.name).rows === 'labelled' ? objective.name : `${goodness.name} goodness`;
  return [activation.name, learns, ...(readout === undefined ? [] : ['with a readout'])].join(', ');
}

/** The notebook's classifier: 784-128-10. */
function classifierLayers(): LayerSummary[] {
  const { spec } = knownSummary('mnist');
  const classifier = { inputs: rowSize(spec), hidden: [128], classes: spec.classes.length };
  const optimizer = { name: 'sgd', momentum: 0, weightDecay: 0 } as const;
  const parameters = classifierParameters({ ...classifier, optimizer });
  const sizes = parameters.map(({ shape }) => sizeOf(shape));
  return [...classifier.hidden, classifier.classes].map((units, index) => ({
    layer: `dense-${index + 1}`,
    kind: index < classifier.hidden.length ? 'relu' : 'softmax',
    inputs: classifier.hidden[index - 1] ?? classifier.inputs,
    units,
    parameters: (sizes[2 * index] ?? 0) + (sizes[2 * index + 1] ?? 0),
    memory: null,
    multiplyAdds: null,
  }));
}

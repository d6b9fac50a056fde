import { encodeSafetensors } from '@layerline/checkpoint';
import type { ModelPart } from '@layerline/checkpoint';
import { rowSize } from '@layerline/datasets';
import type { Dataset } from '@layerline/datasets';
import { toOnnx } from '@layerline/engine-onnx';
import { networkGraph, networkParameter } from '@layerline/forward-forward';
import { RowPreparation } from '@layerline/pipeline';
import { countedLayers, trainedLayers } from '@layerline/plan';
import type { Plan } from '@layerline/plan';

export const MODEL_FORMATS = ['onnx', 'safetensors'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** More than one, so that no number of rows is mistaken for one to be spread over many. */
const SOME_ROWS = 2;

/** A trained network as a file for other tools. @param dataset with its training rows where they are standardized */
export function modelFile(plan: Plan, parts: readonly ModelPart[], dataset: Dataset, format: ModelFormat): Uint8Array {
  const parameters = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [layer, { tensors }] of parts.entries()) {
    for (const { name, shape, data } of tensors) parameters.set(networkParameter(layer, name), { shape, data });
  }
  const standardization = new RowPreparation(plan, dataset.train).standardization;
  for (const [name, data] of Object.entries(standardization ?? {})) {
    parameters.set(name, { shape: [1, data.length], data });
  }
  const metadata = describe(plan);
  if (format === 'safetensors') {
    return encodeSafetensors(
      Array.from(parameters, ([name, parameter]) => ({ name, ...parameter })),
      metadata,
    );
  }
  const network = {
    layers: plan.layers,
    columns: rowSize(plan.data),
    counted: countedLayers(plan, trainedLayers(plan)),
    standardizes: standardization !== undefined,
  };
  return toOnnx(networkGraph(network, SOME_ROWS), {
    parameters: new Map(Array.from(parameters, ([name, { data }]) => [name, data])),
    rows: 'rows',
    metadata,
  });
}

/** What a file says of itself: what its numbers are for. */
function describe({ data, layers, classifyBy }: Plan): Record<string, string> {
  const { kind, height, width, channels, label, classes } = data;
  return {
    classes: JSON.stringify(classes),
    rows: JSON.stringify({ kind, height, width, channels, label }),
    layers: JSON.stringify(
      layers.map(({ units, activation, goodness, normalization }) => ({ units, activation, goodness, normalization })),
    ),
    classifyBy: typeof classifyBy === 'string' ? classifyBy : JSON.stringify(classifyBy),
  };
}

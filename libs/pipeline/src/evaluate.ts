import type { ModelPart } from '@layerline/checkpoint';
import type { Dataset } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { layerState, parametersOf } from '@layerline/forward-forward';
import { ConfigError, imagesPerScoreFrame, layerName, stagesOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { Evaluation } from './evaluation.js';
import { Scorer } from './scorer.js';

/** How a model does on the rows that its data keeps for that. Errors are fractions. */
export interface ModelErrors {
  readonly testError: number;
  /** Of each layer alone. */
  readonly perLayerError: readonly number[];
  /** Undefined where nothing is held out. */
  readonly validationError: number | undefined;
  /** By goodness, where readouts judge and goodness can, too. */
  readonly byGoodness: { readonly testError: number; readonly perLayerError: readonly number[] } | undefined;
  readonly seconds: number;
}

/**
 * Evaluates a trained model on a test set, in this process. Closes the engine.
 * @param trained the plan that the model was trained by
 * @param parts of the model, in the order of the plan's layers
 * @throws ConfigError when the model does not have the plan's layers, or some are programs of nodes' own
 */
export async function evaluateModel(
  trained: Plan,
  dataset: Dataset,
  engine: Engine,
  parts: readonly ModelPart[],
): Promise<ModelErrors> {
  try {
    const misfit = misfitOf(trained, parts);
    if (misfit !== undefined) throw new ConfigError(misfit);
    // Of whatever test set it is to be evaluated on.
    const plan = { ...trained, data: { ...trained.data, validation: dataset.validation?.count ?? 0 } };
    const scorer = new Scorer(plan, dataset, engine, parts);
    const evaluation = new Evaluation(plan);
    const most = imagesPerScoreFrame(plan);
    const noPictures = new Uint8Array();
    for (const set of [...(dataset.validation === undefined ? [] : [dataset.validation]), dataset.test]) {
      for (let first = 0; first < set.count; first += most) {
        const end = Math.min(first + most, set.count);
        evaluation.add(await scorer.score(set, first, end), set.labels.subarray(first, end), noPictures);
      }
    }
    const seconds = (performance.now() - evaluation.startedAt) / 1000;
    const { classes, held, byGoodness } = evaluation;
    return {
      ...classes.errors,
      validationError: held?.errors.testError,
      byGoodness: byGoodness?.errors,
      seconds,
    };
  } finally {
    await engine.close();
  }
}

/** What keeps a model from being evaluated by a plan; undefined where nothing does. */
export function misfitOf(plan: Plan, parts: readonly ModelPart[]): string | undefined {
  const foreign = stagesOf(plan).find(({ program }) => program !== undefined);
  if (foreign !== undefined) {
    return `${foreign.stage} is the program ${foreign.program} of a node: the model cannot be evaluated without the run's nodes`;
  }
  if (parts.length !== plan.layers.length) {
    return `The model has ${parts.length} layers, and its run's config has ${plan.layers.length}`;
  }
  for (const [index, spec] of plan.layers.entries()) {
    for (const { name, shape } of layerState(spec).filter(({ name }) => parametersOf(spec).includes(name))) {
      const found = parts[index]?.tensors.find((tensor) => tensor.name === name)?.shape.join(' × ');
      if (found === shape.join(' × ')) continue;
      const wanted = `its run's config wants ${shape.join(' × ')}`;
      return `${layerName(index)} of the model has ${found ?? 'no'} ${name}, and ${wanted}`;
    }
  }
  return undefined;
}

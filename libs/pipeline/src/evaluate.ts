import type { EvaluatorReport } from '@layerline/api';
import type { ModelPart } from '@layerline/checkpoint';
import type { Dataset } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { layerState, PARAMETERS } from '@layerline/forward-forward';
import { ConfigError, layerName, stageOf, stagesOf, totalSteps } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { EvaluatorRole } from './evaluator-role.js';
import { FeederRole } from './feeder-role.js';
import { runInMemory } from './in-memory.js';
import { Layer } from './layer.js';
import { LayerRole } from './layer-role.js';

type Evaluation = Extract<EvaluatorReport, { type: 'evaluation' }>;

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
): Promise<Evaluation> {
  // Of whatever test set it is to be evaluated on.
  const { shards: _, ...whole } = trained;
  const plan = { ...whole, testRows: dataset.test.count };
  const misfit = misfitOf(plan, parts);
  if (misfit !== undefined) {
    await engine.close();
    throw new ConfigError(misfit);
  }
  let evaluation: Evaluation | undefined;
  const nowhere = async (): Promise<void> => undefined;
  const services = { storeModel: nowhere, storeSnapshot: nowhere, storeLook: nowhere, exchange: async () => [] };
  // This resumes the run after its last batch: all that is left of it is the final evaluation.
  const step = totalSteps(plan);
  const feeder = new FeederRole(plan, dataset, services, step);
  const layers = plan.layers.map((spec, index) => {
    const layer = Layer.restore(engine, spec, parts[index]?.tensors ?? []);
    return new LayerRole(plan, stageOf(layerName(index), plan), layer, services, step);
  });
  const report = (report: EvaluatorReport): void => {
    if (report.type === 'evaluation') evaluation = report;
  };
  const evaluator = new EvaluatorRole(plan, { ...services, report }, { step });
  await runInMemory(plan, [feeder, ...layers, evaluator]).finally(() => engine.close());
  return evaluation as unknown as Evaluation;
}

/** What keeps a model from being evaluated by a plan. */
function misfitOf(plan: Plan, parts: readonly ModelPart[]): string | undefined {
  const foreign = stagesOf(plan).find(({ program }) => program !== undefined);
  if (foreign !== undefined) {
    return `${foreign.stage} is the program ${foreign.program} of a node: the model cannot be evaluated without the run's nodes`;
  }
  if (parts.length !== plan.layers.length) {
    return `The model has ${parts.length} layers, and its run's config has ${plan.layers.length}`;
  }
  for (const [index, spec] of plan.layers.entries()) {
    for (const { name, shape } of layerState(spec).filter(({ name }) => PARAMETERS.some((each) => each === name))) {
      const found = parts[index]?.tensors.find((tensor) => tensor.name === name)?.shape.join(' × ');
      if (found === shape.join(' × ')) continue;
      const wanted = `its run's config wants ${shape.join(' × ')}`;
      return `${layerName(index)} of the model has ${found ?? 'no'} ${name}, and ${wanted}`;
    }
  }
  return undefined;
}

import type { ModelPart } from '@layerline/checkpoint';
import type { Dataset } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import type { Role } from '@layerline/stage';
import { ConfigError } from './errors.js';
import { EvaluatorRole } from './evaluator-role.js';
import { FeederRole } from './feeder-role.js';
import { runInMemory } from './in-memory.js';
import { Layer } from './layer.js';
import { LayerRole } from './layer-role.js';
import type { Plan } from './plan.js';
import type { EvaluatorReport } from './reports.js';

type Evaluation = Extract<EvaluatorReport, { type: 'evaluation' }>;

/**
 * Evaluates a trained model on a test set, in this process. Closes the engine.
 * @param parts of the model, in the order of the plan's layers
 * @throws ConfigError when the model does not have the plan's layers
 */
export async function evaluateModel(
  plan: Plan,
  dataset: Dataset,
  engine: Engine,
  parts: readonly ModelPart[],
): Promise<Evaluation> {
  if (parts.length !== plan.layers.length) {
    throw new ConfigError(`The model has ${parts.length} layers, and its run's config has ${plan.layers.length}`);
  }
  let evaluation: Evaluation | undefined;
  const feeder = new FeederRole(plan, dataset);
  const head: Role = { transform: async function* () { yield* feeder.evaluation(plan.epochs); }, close: async () => undefined };
  const layers = plan.layers.map((spec, index) => {
    const layer = Layer.restore(engine, spec, parts[index]?.tensors ?? []);
    return new LayerRole(plan, index, layer, { store: () => Promise.reject(new Error('An evaluation stores nothing')) });
  });
  const evaluator = new EvaluatorRole(plan, (report) => {
    if (report.type === 'evaluation') evaluation = report;
  });
  await runInMemory([head, ...layers, evaluator]);
  return evaluation as unknown as Evaluation;
}

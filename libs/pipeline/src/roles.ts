import { loadDataset } from '@layerline/datasets';
import type { Dataset } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { parse } from '@layerline/protocol';
import type { Assignment } from '@layerline/protocol';
import type { Role, StageServices } from '@layerline/stage';
import { openBackend } from './engines.js';
import { EvaluatorRole } from './evaluator-role.js';
import { FeederRole } from './feeder-role.js';
import { Layer } from './layer.js';
import { LayerRole } from './layer-role.js';
import { layerName, planSchema } from './plan.js';
import type { Plan } from './plan.js';
import { keyFor } from './randomness.js';

/** The feeder of an assignment, with its data loaded. */
export async function openFeeder(assignment: Assignment): Promise<Role> {
  const plan = parse(planSchema, assignment.settings);
  return new FeederRole(plan, await loadDataset(plan.dataset));
}

/** The layer of an assignment, on an engine of its own. */
export async function openLayer(assignment: Assignment, services: StageServices): Promise<Role> {
  const plan = parse(planSchema, assignment.settings);
  const index = plan.layers.findIndex((_, candidate) => layerName(candidate) === assignment.stage);
  const { backend, ...options } = plan.engine;
  return freshLayer(plan, index, await openBackend(backend, options), services);
}

/** The evaluator of an assignment. */
export async function openEvaluator(assignment: Assignment, services: StageServices): Promise<Role> {
  return new EvaluatorRole(parse(planSchema, assignment.settings), services.report);
}

/** All roles of a plan, for one process. @param engine shared by the layers */
export function openAll(plan: Plan, dataset: Dataset, engine: Engine, services: StageServices): Role[] {
  return [
    new FeederRole(plan, dataset),
    ...plan.layers.map((_, index) => freshLayer(plan, index, engine, services)),
    new EvaluatorRole(plan, services.report),
  ];
}

function freshLayer(plan: Plan, index: number, engine: Engine, services: StageServices): LayerRole {
  const spec = plan.layers[index];
  if (spec === undefined) throw new RangeError(`The plan has no layer ${index + 1}`);
  return new LayerRole(plan, index, Layer.create(engine, spec, keyFor(plan.seed, 'weights', index)), services);
}

import { CheckpointError, decodeSafetensors, safetensorsMetadata } from '@layerline/checkpoint';
import { loadDataset } from '@layerline/datasets';
import type { Dataset } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import type { StateEntry } from '@layerline/forward-forward';
import { planSchema, stageOf, stagesOf } from '@layerline/plan';
import type { Plan, StagePlan } from '@layerline/plan';
import { parse } from '@layerline/protocol';
import type { Assignment } from '@layerline/protocol';
import type { Resumption, Role, StageServices } from '@layerline/stage';
import { openBackend } from './engines.js';
import { EvaluatorRole, evaluatorState } from './evaluator-role.js';
import { FeederRole } from './feeder-role.js';
import { Layer } from './layer.js';
import { LayerRole, OBSERVED, QUIET_BATCHES } from './layer-role.js';
import { observerState } from './observation/layer-observer.js';
import { keyFor } from './randomness.js';

/** The feeder of an assignment, with its data loaded. */
export async function openFeeder(
  { settings }: Assignment,
  services: StageServices,
  resumption: Resumption | undefined,
): Promise<Role> {
  const plan = parse(planSchema, settings);
  return new FeederRole(plan, await loadDataset(plan.dataset), services, resumption?.step);
}

/** The layer of an assignment, on an engine of its own. */
export async function openLayer(
  { settings, stage }: Assignment,
  services: StageServices,
  resumption: Resumption | undefined,
): Promise<Role> {
  const plan = parse(planSchema, settings);
  const planned = stageOf(stage, plan);
  const { backend, ...options } = plan.engine;
  return layerRole(plan, planned, await openBackend(backend, options), services, resumption);
}

/** The evaluator of an assignment. */
export async function openEvaluator(
  { settings }: Assignment,
  services: StageServices,
  resumption: Resumption | undefined,
): Promise<Role> {
  return evaluatorRole(parse(planSchema, settings), services, resumption);
}

/**
 * All roles of a plan, for one process.
 * @param engine shared by the layers
 * @param of what each stage has, by its name: its services, and where it goes on
 */
export function openAll(
  plan: Plan,
  dataset: Dataset,
  engine: Engine,
  of: {
    readonly services: (stage: string) => StageServices;
    readonly resumption: (stage: string) => Resumption | undefined;
  },
): Role[] {
  return stagesOf(plan).map((planned) => {
    const { stage, role } = planned;
    const services = of.services(stage);
    const resumption = of.resumption(stage);
    if (role === 'layer') return layerRole(plan, planned, engine, services, resumption);
    return role === 'feeder'
      ? new FeederRole(plan, dataset, services, resumption?.step)
      : evaluatorRole(plan, services, resumption);
  });
}

function layerRole(
  plan: Plan,
  stage: StagePlan,
  engine: Engine,
  services: StageServices,
  resumption: Resumption | undefined,
): LayerRole {
  const { layer: index = -1, range } = stage;
  const spec = plan.layers[index];
  if (spec === undefined) throw new RangeError(`${stage.stage} is no layer of the plan`);
  if (resumption === undefined) {
    return new LayerRole(plan, stage, Layer.create(engine, spec, keyFor(plan.seed, 'weights', index), range), services);
  }
  const { step, bytes } = resumption;
  const source = `The snapshot of ${stage.stage} at step ${step}`;
  const tensors = new Map(decodeSafetensors(bytes, source).map((tensor) => [tensor.name, tensor]));
  const numbersOf = ({ name, shape }: StateEntry): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor !== undefined && tensor.shape.join() === shape.join()) return tensor.data;
    throw new CheckpointError(`${source} has no ${name} of ${shape.join(' × ')}: it is that of another plan`);
  };
  const { [OBSERVED]: observed } = safetensorsMetadata(bytes, source);
  const quiet = tensors.get(QUIET_BATCHES)?.data;
  // A snapshot of a version without observations has none.
  const before = observed === undefined ? undefined : { ...parse(observerState, JSON.parse(observed)), step, quiet };
  return new LayerRole(plan, stage, Layer.with(engine, spec, numbersOf, range), services, step, before);
}

function evaluatorRole(plan: Plan, services: StageServices, resumption: Resumption | undefined): EvaluatorRole {
  if (resumption === undefined) return new EvaluatorRole(plan, services);
  const state: unknown = JSON.parse(new TextDecoder().decode(resumption.bytes));
  return new EvaluatorRole(plan, services, { step: resumption.step, state: parse(evaluatorState, state) });
}

import { isDeepStrictEqual } from 'node:util';
import { CheckpointError, decodeSafetensors, safetensorsMetadata } from '@layerline/checkpoint';
import { loadDataset } from '@layerline/datasets';
import type { Dataset } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import type { StateEntry } from '@layerline/forward-forward';
import { planSchema, stagesOf } from '@layerline/plan';
import type { Plan, StagePlan } from '@layerline/plan';
import { parse } from '@layerline/protocol';
import type { Resumption, Role, RoleFactory, StageServices } from '@layerline/stage';
import { CompiledGraphs } from './compiled-graphs.js';
import { EvaluatorRole, evaluatorState } from './evaluator-role.js';
import { FeederRole } from './feeder-role.js';
import { feederState } from './hard-negatives.js';
import { Layer } from './layer.js';
import { LayerRole, OBSERVED, QUIET_BATCHES } from './layer-role.js';
import { observerState } from './observation/layer-observer.js';
import { keyFor } from './randomness.js';

/** Opens the feeders of a process, generation after generation: the data stays loaded. */
export function feederHost(): RoleFactory {
  let loaded: { readonly reference: Plan['dataset']; readonly dataset: Dataset } | undefined;
  return async ({ settings }, services, resumption) => {
    const plan = parse(planSchema, settings);
    if (loaded === undefined || !isDeepStrictEqual(loaded.reference, plan.dataset)) {
      loaded = { reference: plan.dataset, dataset: await loadPlanned(plan) };
    }
    return feederRole(plan, loaded.dataset, services, resumption);
  };
}

/** The data of a plan, divided up as it says. */
export function loadPlanned({ dataset, data }: Plan): Promise<Dataset> {
  return loadDataset(dataset, { split: data, label: data.label });
}

/** The evaluator of an assignment. */
export const openEvaluator: RoleFactory = async ({ settings }, services, resumption) => {
  return evaluatorRole(parse(planSchema, settings), services, resumption);
};

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
): Promise<Role[]> {
  const roles = stagesOf(plan).map(async (planned): Promise<Role> => {
    const { stage, role } = planned;
    const services = of.services(stage);
    const resumption = of.resumption(stage);
    if (role === 'layer') return layerRole(plan, planned, new CompiledGraphs(engine), services, resumption);
    return role === 'feeder'
      ? feederRole(plan, dataset, services, resumption)
      : evaluatorRole(plan, services, resumption);
  });
  return Promise.all(roles);
}

/**
 * A layer, or a shard of one.
 * @param graphs of the engine, for this layer alone
 * @param kept one that still has the state from which the run goes on
 */
export async function layerRole(
  plan: Plan,
  stage: StagePlan,
  graphs: CompiledGraphs,
  services: StageServices,
  resumption: Resumption | undefined,
  kept?: LayerRole,
): Promise<LayerRole> {
  const { layer: index = -1, range } = stage;
  const spec = plan.layers[index];
  if (spec === undefined) throw new RangeError(`${stage.stage} is no layer of the plan`);
  const { engine } = graphs;
  if (resumption === undefined) {
    const layer = Layer.create(engine, spec, keyFor(plan.seed, 'weights', index), range, graphs);
    return new LayerRole(plan, stage, layer, services);
  }
  const { step } = resumption;
  if (kept !== undefined) return new LayerRole(plan, stage, kept.layer, services, step, kept.snapshot?.observed);
  const bytes = await resumption.read();
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
  return new LayerRole(plan, stage, Layer.with(engine, spec, numbersOf, range, graphs), services, step, before);
}

async function feederRole(
  plan: Plan,
  dataset: Dataset,
  services: StageServices,
  resumption: Resumption | undefined,
): Promise<FeederRole> {
  if (resumption === undefined) return new FeederRole(plan, dataset, services);
  const { step } = resumption;
  // Of all other plans, the step is all that the feeder has kept.
  if (plan.hard === undefined) return new FeederRole(plan, dataset, services, { step });
  const state: unknown = JSON.parse(new TextDecoder().decode(await resumption.read()));
  return new FeederRole(plan, dataset, services, { step, state: parse(feederState, state) });
}

async function evaluatorRole(
  plan: Plan,
  services: StageServices,
  resumption: Resumption | undefined,
): Promise<EvaluatorRole> {
  if (resumption === undefined) return new EvaluatorRole(plan, services);
  const state: unknown = JSON.parse(new TextDecoder().decode(await resumption.read()));
  return new EvaluatorRole(plan, services, { step: resumption.step, state: parse(evaluatorState, state) });
}

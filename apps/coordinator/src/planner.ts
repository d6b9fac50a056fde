import { imageCounts, resolveDataset } from '@layerline/datasets';
import { backendsOf, machineOf, makePlan, refuseTooLarge, sharesOf, withShards } from '@layerline/plan';
import type { Plan, RunConfig } from '@layerline/plan';
import type { Capabilities } from '@layerline/protocol';
import { PlacementError } from './errors.js';

/**
 * Works out a plan for the machines that are here, settling everything that the config leaves open.
 * @param machines what each of them can do
 * @throws PlacementError if they lack what the config asks for, ConfigError if the config contradicts itself or needs more
 * memory than there is
 */
export async function planFor(config: RunConfig, machines: readonly Capabilities[]): Promise<Plan> {
  if (machines.length === 0) {
    throw new PlacementError('No node has joined yet: start one with layerline node, then train');
  }
  const offered = new Set(machines.flatMap(({ programs }) => programs));
  const unknown = Object.values(config.programs ?? {}).find((program) => !offered.has(program));
  if (unknown !== undefined) {
    throw new PlacementError(
      `No node offers the program ${unknown}: start one with layerline node --program ${unknown}=COMMAND`,
    );
  }
  const backend = backendFor(config, machines);
  const settled = withShards(
    config,
    machines.map((machine) => machineOf(machine.host, machine, machine.slots, backend)),
  );
  const plan = makePlan(settled, {
    ...(await datasetFor(config, machines)),
    engine: { backend, ...sharesOf(settled, machines) },
  });
  refuseTooLarge(
    plan,
    machines.map(({ memory }) => memory),
  );
  return plan;
}

/** The plan as a node gets it: with the node's own data folder. */
export function planOn({ datasets }: Pick<Capabilities, 'datasets'>, plan: Plan): Plan {
  const { dataset } = plan;
  if (dataset.name === 'digits') return plan;
  const directory = datasets.find(({ name }) => name === dataset.name)?.directory ?? dataset.directory;
  return { ...plan, dataset: { ...dataset, directory } };
}

async function datasetFor(
  { dataset }: RunConfig,
  machines: readonly Capabilities[],
): Promise<{ readonly dataset: Plan['dataset']; readonly trainRows: number; readonly testRows: number }> {
  const wanted = dataset === 'auto' ? 'mnist' : dataset;
  const found = machines.flatMap(({ datasets }) => datasets).find(({ name }) => name === wanted);
  if (wanted !== 'digits' && found !== undefined) {
    const { directory, trainRows, testRows } = found;
    return { dataset: { name: wanted, directory }, trainRows, testRows };
  }
  if (dataset === 'auto' || wanted === 'digits') {
    const { reference } = await resolveDataset('digits');
    return { dataset: reference, ...imageCounts(reference) };
  }
  throw new PlacementError(`No node has ${wanted}: give one of them its folder with layerline node --data-dir`);
}

/**
 * The fastest that any node has. A node without it cannot work out the plan's numerics, and so gets no stage.
 * @throws PlacementError if none has the engine that is wanted
 */
export function backendFor(
  { engine }: Pick<RunConfig, 'engine'>,
  machines: readonly Pick<Capabilities, 'engines'>[],
): string {
  const offered = new Set(machines.flatMap(({ engines }) => engines.map(({ backend }) => backend)));
  const found = backendsOf(engine).find((backend) => offered.has(backend));
  if (found !== undefined) return found;
  throw new PlacementError(`No node has ${engine === 'auto' ? 'an engine that works' : `the ${engine} engine`}`);
}

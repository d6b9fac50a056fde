import { imageCounts, resolveDataset } from '@layerline/datasets';
import { BACKENDS, makePlan, refuseTooLarge, sharesOf } from '@layerline/plan';
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
  const plan = makePlan(config, {
    ...(await datasetFor(config, machines)),
    engine: { backend: backendFor(config, machines), ...sharesOf(config, machines) },
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

/** The fastest that any node has. A node without it cannot work out the plan's numerics, and so gets no stage. */
function backendFor({ engine }: RunConfig, machines: readonly Capabilities[]): string {
  const offered = new Set(machines.flatMap(({ engines }) => engines.map(({ backend }) => backend)));
  const found = BACKENDS.find(
    (backend) => offered.has(backend) && (engine === 'auto' || backend.startsWith(`${engine}/`)),
  );
  if (found !== undefined) return found;
  throw new PlacementError(`No node has ${engine === 'auto' ? 'an engine that works' : `the ${engine} engine`}`);
}

import { DIGITS_SEED, knownSummary } from '@layerline/datasets';
import type { DataSummary } from '@layerline/datasets';
import { backendsOf, machineOf, makePlan, refuseTooLarge, sharesOf, withShards } from '@layerline/plan';
import type { Plan, RunConfig } from '@layerline/plan';
import type { Capabilities } from '@layerline/protocol';
import { PlacementError } from './errors.js';
import { offeredData } from './offered-data.js';
import type { OfferedData } from './offered-data.js';

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
    ...datasetFor(config, machines),
    engine: { backend, ...sharesOf(settled, machines) },
  });
  refuseTooLarge(
    plan,
    machines.map(({ memory }) => memory),
  );
  return plan;
}

/** The plan as a node gets it: with the place where the node has the data. */
export function planOn(capabilities: Pick<Capabilities, 'datasets'>, plan: Plan): Plan {
  const own = dataOn(capabilities, plan);
  return own === undefined ? plan : { ...plan, dataset: own.reference };
}

/** The data of a plan as a node has it, whatever it calls it; undefined where it has not. */
export function dataOn(
  { datasets }: Pick<Capabilities, 'datasets'>,
  { data }: Pick<Plan, 'data'>,
): OfferedData | undefined {
  return datasets.map(offeredData).find(({ summary }) => summary.sha256 === data.sha256);
}

function datasetFor(
  { dataset }: RunConfig,
  machines: readonly Capabilities[],
): { readonly dataset: Plan['dataset']; readonly summary: DataSummary } {
  const wanted = dataset === 'auto' ? 'mnist' : dataset;
  const offered = machines.flatMap(({ datasets }) => datasets.map(offeredData));
  const [found, ...others] = offered.filter(({ name }) => name === wanted);
  if (others.some(({ summary }) => summary.sha256 !== found?.summary.sha256)) {
    throw new PlacementError(
      `Nodes have different data that they call ${wanted}: give each its own name, or the same content`,
    );
  }
  if (wanted !== 'digits' && found !== undefined) return { dataset: found.reference, summary: found.summary };
  if (dataset === 'auto' || wanted === 'digits') {
    return { dataset: { name: 'digits', seed: DIGITS_SEED }, summary: knownSummary('digits') };
  }
  const names = [...new Set(['digits', ...offered.map(({ name }) => name)])].join(', ');
  throw new PlacementError(
    `No node has ${wanted} (there is ${names}): give one of them its data with layerline node --dataset NAME=PATH, or ` +
      'with --data-dir for MNIST and Fashion-MNIST',
  );
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

import { resolveDataset, trainingImages } from '@layerline/datasets';
import { BACKENDS, ConfigError, makePlan, threadsPerLayer } from '@layerline/plan';
import type { Plan, RunConfig } from '@layerline/plan';
import type { Capabilities } from '@layerline/protocol';
import { PlacementError } from './errors.js';

/**
 * Works out a plan for the nodes that are here.
 * @throws PlacementError where they lack what the config asks for, ConfigError where the config contradicts itself
 */
export async function planFor(config: RunConfig, offers: readonly Capabilities[]): Promise<Plan> {
  if (offers.length === 0)
    throw new PlacementError('No node has joined yet: start one with layerline node, then train');
  if (config.singleProcess) throw new ConfigError('singleProcess: a run on a coordinator has processes of its own');
  if (config.dataDir !== undefined) {
    throw new ConfigError('dataDir: nodes have their own folders of data: give --data-dir to layerline node');
  }
  const offered = new Set(offers.flatMap(({ programs }) => programs));
  const unknown = Object.values(config.programs ?? {}).find((program) => !offered.has(program));
  if (unknown !== undefined) {
    throw new PlacementError(
      `No node offers the program ${unknown}: start one with layerline node --program ${unknown}=COMMAND`,
    );
  }
  const { dataset, trainRows } = await datasetFor(config, offers);
  return makePlan(config, {
    dataset,
    trainRows,
    engine: {
      backend: backendFor(config, offers),
      threads: threadsFor(config, offers),
      spinning: false,
      concurrency: 1,
    },
  });
}

/** The plan as a node takes it: with its own folder of data. */
export function planOn({ datasets }: Capabilities, plan: Plan): Plan {
  const { dataset } = plan;
  if (dataset.name === 'digits') return plan;
  const directory = datasets.find(({ name }) => name === dataset.name)?.directory ?? dataset.directory;
  return { ...plan, dataset: { ...dataset, directory } };
}

async function datasetFor(
  { dataset }: RunConfig,
  offers: readonly Capabilities[],
): Promise<{ readonly dataset: Plan['dataset']; readonly trainRows: number }> {
  const wanted = dataset === 'auto' ? 'mnist' : dataset;
  const found = offers.flatMap(({ datasets }) => datasets).find(({ name }) => name === wanted);
  if (wanted !== 'digits' && found !== undefined) {
    return { dataset: { name: wanted, directory: found.directory }, trainRows: found.trainRows };
  }
  if (dataset === 'auto' || wanted === 'digits') {
    const { reference } = await resolveDataset('digits');
    return { dataset: reference, trainRows: trainingImages(reference) };
  }
  throw new PlacementError(`No node has ${wanted}: give one of them its folder with layerline node --data-dir`);
}

/** The fastest one that any node has. Nodes without it get no stage. */
function backendFor({ engine }: RunConfig, offers: readonly Capabilities[]): string {
  const offered = new Set(offers.flatMap(({ engines }) => engines.map(({ backend }) => backend)));
  const found = BACKENDS.find(
    (backend) => offered.has(backend) && (engine === 'auto' || backend.startsWith(`${engine}/`)),
  );
  if (found !== undefined) return found;
  throw new PlacementError(`No node has ${engine === 'auto' ? 'an engine that works' : `the ${engine} engine`}`);
}

/** Layers share the cores of all nodes out, none of which has to have more than the smallest. */
function threadsFor({ threads, layers }: RunConfig, offers: readonly Capabilities[]): number {
  if (threads !== 'auto') return threads;
  const fewest = Math.min(...offers.map(({ cores }) => cores));
  return Math.min(fewest, threadsPerLayer({ layers }, fewest * offers.length));
}

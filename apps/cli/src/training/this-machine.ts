import { resolveDataset } from '@layerline/datasets';
import type { DownloadProgress } from '@layerline/datasets';
import type { Engine } from '@layerline/engine';
import { engineHere, ownOffer } from '@layerline/layer-node';
import { chooseEngine, openBackend } from '@layerline/pipeline';
import { sharesOf, withShards } from '@layerline/plan';
import type { Machine, Plan, RunConfig } from '@layerline/plan';
import { coresHere, memoryHere } from '@layerline/process';
import type { Capabilities } from '@layerline/protocol';

/** The only node of a training on this machine. */
export const LOCAL_NODE = 'local';
/** That node has room for all stages, however many a layer is cut into. */
const SLOTS = 1024;

/** What a training on this machine has to work with: an open engine, and the data. */
export interface ThisMachine {
  /** For the numerics and, in a single process, for the training itself. */
  readonly engine: Engine;
  /** What plans can count on, as a node reports when it joins; the engine is timed only where shards are settled by that. */
  readonly capabilities: Omit<Capabilities, 'host'>;
}

/** Hooks called while data and engine are being chosen. */
export interface PreparationHooks {
  /** Called with one line each on which data and which engine were chosen, and why. */
  readonly say: (line: string) => void;
  readonly progress: (progress: DownloadProgress) => void;
  /** Called now and then while many files are read. */
  readonly files: (done: number, all: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Chooses data and engine for a new run.
 * @param programs names of the machine's own programs, which can stand in for layers
 * @throws the typed errors of datasets and engines
 */
export async function prepare(
  config: RunConfig,
  programs: readonly string[],
  { say, progress, files, signal }: PreparationHooks,
): Promise<ThisMachine> {
  const { dataset: request, labelColumn, header } = config;
  const data = await resolveDataset(request, {
    dataDirectory: config.dataDir,
    read: { labelColumn, header },
    onProgress: progress,
    onFile: files,
    signal,
  });
  say(`Data: ${data.reason}`);
  const timed = config.shards === 'auto' ? await timedMachine(config.engine) : undefined;
  const settled = timed === undefined ? config : withShards(config, [timed]);
  if (settled !== config) say(`Shards: ${String(settled.shards)}, which balance the pipeline on this machine`);
  const shares = sharesOf(settled, [{ cores: coresHere() }]);
  const { engine, backend, passedOver } = await chooseEngine(config.engine, shares);
  for (const why of passedOver) say(why);
  const { version } = engine.identity;
  say(`Engine: ${backend} ${version}, ${counted(shares.threads, 'thread')} for each operation`);
  const speed = timed && { millisecondsPerStep: timed.millisecondsPerStep };
  // Runs call it what the user does, and take MNIST for `auto`; the built-in digits are everywhere.
  const offered = 'seed' in data.reference ? [] : [ownOffer(request === 'auto' ? 'mnist' : request, data)];
  return { engine, capabilities: capabilitiesOf({ backend, version, ...speed }, offered, programs) };
}

/**
 * This machine for the stages of a training, with its engine timed as a node's is.
 * @throws NoEngineError if none works
 */
export async function timedMachine(wanted: RunConfig['engine']): Promise<Machine> {
  const { millisecondsPerStep } = await engineHere(wanted);
  return { name: LOCAL_NODE, cores: coresHere(), millisecondsPerStep, slots: SLOTS };
}

/**
 * Opens the engine that a run began with, to resume it.
 * @param data where its data is now
 * @throws EngineUnavailableError if it does not work here
 */
export async function prepareAgain(
  plan: Plan,
  data: Plan['dataset'],
  programs: readonly string[],
): Promise<ThisMachine> {
  const { backend, ...options } = plan.engine;
  const engine = await openBackend(backend, options);
  const { version } = engine.identity;
  const { sha256, testShare: _, validation: _held, splitSeed: _seed, ...spec } = plan.data;
  const summary = { spec, sha256, trainByClass: [], testRows: 0 };
  const offered = 'seed' in data ? [] : [ownOffer(data.name, { reference: data, summary, reason: '' })];
  return { engine, capabilities: capabilitiesOf({ backend, version }, offered, programs) };
}

function capabilitiesOf(
  engine: Capabilities['engines'][number],
  datasets: Capabilities['datasets'],
  programs: readonly string[],
): Omit<Capabilities, 'host'> {
  return {
    ports: { from: 0, to: 0 },
    dialsOut: false,
    cores: coresHere(),
    memory: memoryHere(),
    slots: SLOTS,
    engines: [engine],
    datasets,
    programs: [...programs],
  };
}

/** `1 thread`, `2 threads`. */
function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

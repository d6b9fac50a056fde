import type { RunSummary } from '@layerline/checkpoint';
import type { RunConfig } from '@layerline/plan';
import { readRunAbout } from './run-about.js';

/** How the runs of a folder were set up. That never changes, so that each is read once. */
export class KnownConfigs {
  /** By folder; undefined for one that cannot be read. */
  #known = new Map<string, Promise<RunConfig | undefined>>();

  /** @returns the configs by id, without those that cannot be read; what is not among these runs is forgotten */
  async of(runs: readonly RunSummary[]): Promise<Record<string, RunConfig>> {
    this.#known = new Map(runs.map(({ folder }) => [folder, this.#known.get(folder) ?? readConfig(folder)]));
    const found = await Promise.all(runs.map(async ({ id, folder }) => [id, await this.#known.get(folder)] as const));
    return Object.fromEntries(found.flatMap(([id, config]) => (config === undefined ? [] : [[id, config]])));
  }
}

async function readConfig(folder: string): Promise<RunConfig | undefined> {
  try {
    return (await readRunAbout(folder)).config;
  } catch {
    // What is wrong with it is said to whoever asks for the run.
    return undefined;
  }
}

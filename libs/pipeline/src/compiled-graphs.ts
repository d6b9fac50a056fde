import type { CompiledGraph, Engine } from '@layerline/engine';
import type { Graph } from '@layerline/ops';

/** Graphs that an engine has compiled, by what they compute: kept as long as whoever needs them again. */
export class CompiledGraphs {
  readonly #graphs = new Map<string, CompiledGraph>();

  constructor(readonly engine: Engine) {}

  /** @param key different for graphs that are not the same @param build makes the graph where it is not there yet */
  async get(key: string, build: () => Graph): Promise<CompiledGraph> {
    const existing = this.#graphs.get(key);
    if (existing !== undefined) return existing;
    const compiled = await this.engine.compile(build());
    this.#graphs.set(key, compiled);
    return compiled;
  }

  /** Frees them all; none must be running. */
  dispose(): void {
    for (const compiled of this.#graphs.values()) compiled.dispose();
    this.#graphs.clear();
  }
}

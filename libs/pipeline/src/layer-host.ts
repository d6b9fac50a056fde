import { isDeepStrictEqual } from 'node:util';
import type { Engine } from '@layerline/engine';
import type { LayerSpec, UnitRange } from '@layerline/forward-forward';
import { planSchema, stageOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { parse } from '@layerline/protocol';
import type { RoleFactory } from '@layerline/stage';
import { CompiledGraphs } from './compiled-graphs.js';
import { openBackend } from './engines.js';
import type { LayerRole } from './layer-role.js';
import { layerRole } from './roles.js';

/** An engine, and what it was opened for. */
interface OpenEngine {
  readonly engine: Engine;
  readonly options: Plan['engine'];
}

/** What a layer's state and graphs depend on, besides the seed. */
interface Kind {
  readonly run: string;
  readonly spec: LayerSpec;
  readonly range: UnitRange;
}

/**
 * Opens the layers of a process, generation after generation. Keeps the engine, and as long as it is the same layer of the same
 * run, the compiled graphs and, where nothing has been learned since the snapshot from which the run goes on, the layer itself.
 */
export class LayerHost {
  #open: OpenEngine | undefined;
  #graphs: CompiledGraphs | undefined;
  #kind: Kind | undefined;
  #last: LayerRole | undefined;

  readonly open: RoleFactory = async ({ run, settings, stage }, services, resumption) => {
    const plan = parse(planSchema, settings);
    const planned = stageOf(stage, plan);
    const { layer: index = -1, range = { from: 0, to: 0 } } = planned;
    const spec = plan.layers[index];
    if (spec === undefined) throw new RangeError(`${stage} is no layer of the plan`);
    const engine = await this.#engineFor(plan.engine);
    const kind = { run, spec, range };
    const isSame = isDeepStrictEqual(kind, this.#kind);
    const last = this.#last;
    const kept = isSame && last?.snapshot !== undefined && last.snapshot.step === resumption?.step ? last : undefined;
    if (kept === undefined) last?.layer.dispose();
    if (!isSame) this.#graphs?.dispose();
    const graphs = isSame && this.#graphs !== undefined ? this.#graphs : new CompiledGraphs(engine);
    [this.#graphs, this.#kind] = [graphs, kind];
    this.#last = undefined;
    this.#last = await layerRole(plan, planned, graphs, services, resumption, kept);
    return this.#last;
  };

  async #engineFor(options: Plan['engine']): Promise<Engine> {
    if (this.#open !== undefined && isDeepStrictEqual(this.#open.options, options)) return this.#open.engine;
    await this.#open?.engine.close();
    this.#graphs = undefined;
    this.#kind = undefined;
    this.#last = undefined;
    const { backend, ...how } = options;
    const engine = await openBackend(backend, how);
    this.#open = { engine, options };
    return engine;
  }
}

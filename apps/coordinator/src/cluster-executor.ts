import { ConfigError, layerName, settleShards, stagesOf } from '@layerline/plan';
import type { RunConfig } from '@layerline/plan';
import type { Capabilities } from '@layerline/protocol';
import { PlacementError } from './errors.js';
import type { Execution, Executor, Life, Prospective, Room } from './executor.js';
import { Generation } from './generation.js';
import type { NodePool } from './node-pool.js';
import type { NumericsProbes } from './numerics-probes.js';
import { PartServer } from './part-server.js';
import type { Place } from './placer.js';
import { roomFor } from './relocation.js';

/** Carries out runs as processes on the nodes that have joined. */
export class ClusterExecutor implements Executor {
  /**
   * @param parts receives what stages store @param place chooses nodes for a life
   * @param probes know the nodes' numerics
   */
  constructor(
    readonly nodes: NodePool,
    readonly parts: PartServer,
    readonly place: Place,
    readonly probes: NumericsProbes,
  ) {}

  readonly room = (run: Prospective, signal: AbortSignal): Promise<Room> => {
    return roomFor(run, this.nodes, this.probes, signal);
  };

  capabilities(): readonly Capabilities[] {
    const open = this.nodes.all.filter(({ draining }) => !draining);
    return open.map(({ capabilities, reserved }) => ({ ...capabilities, slots: capabilities.slots - reserved }));
  }

  check(config: RunConfig): void {
    const { singleProcess, placement = {} } = config;
    settleShards(config);
    if (singleProcess) throw new ConfigError('singleProcess: a run on a coordinator has processes of its own');
    const stages = stagesOf(config).flatMap(({ stage, layer }) =>
      layer === undefined ? stage : [layerName(layer), stage],
    );
    for (const [stage, name] of Object.entries(placement)) {
      if (!stages.includes(stage)) {
        throw new ConfigError(
          `placement: there is no stage ${stage}: this network has ${[...new Set(stages)].join(', ')}`,
        );
      }
      if (this.nodes.find(name) !== undefined) continue;
      const joined = this.nodes.all.map((node) => node.name);
      const who = joined.length === 0 ? 'none has' : `those that have: ${joined.join(', ')}`;
      throw new PlacementError(`placement: no node named ${name} has joined for ${stage} to run on (${who})`);
    }
  }

  async execute(life: Life): Promise<Execution> {
    const { record, identity, resume, signal, emit, starting, running } = life;
    this.parts.open(identity, record, stagesOf(record.plan));
    let placed = await this.place(life);
    // A node may have left, or been drained, since it was chosen.
    while (!placed.reservation.holds) {
      placed.reservation.release();
      placed = await this.place(life);
    }
    const { reservation, settled } = placed;
    try {
      signal.throwIfAborted();
      // The wait for nodes may have been long enough for another coordinator to take the run.
      record.journal.verify();
    } catch (error) {
      reservation.release();
      throw error;
    }
    starting();
    const store = (stage: string) => ({ path: PartServer.path(identity), secret: this.parts.ticket(identity, stage) });
    const placement = reservation.nodes;
    const generation = new Generation({ identity, plan: record.plan, placement, store, resume }, { emit, running });
    // In the same turn of the event loop in which the nodes were found to be there.
    generation.start();
    const given = (): number => this.parts.given(identity);
    const ended = generation.ended.finally(() => reservation.release());
    return {
      ended: Promise.all([ended, settled]).then(() => undefined),
      get isRunning() {
        return generation.isRunning;
      },
      get bytesGiven() {
        return given();
      },
      placement: new Map(Array.from(placement, ([stage, { name }]) => [stage, name])),
      order: (order) => generation.order(order),
      end: (error, isLast) => generation.end(error, isLast),
    };
  }

  release(run: string): void {
    this.parts.close(run);
  }
}

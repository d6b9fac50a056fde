import type { ActivityFeed } from './events/activity.js';
import type { NodeConnection } from './node-connection.js';
import { Reservation } from './reservation.js';

/** The nodes that have joined. */
export class NodePool {
  readonly #nodes = new Map<string, NodeConnection>();
  readonly #waiting = new Set<() => void>();

  /** @param activity told who comes and goes */
  constructor(readonly activity: Pick<ActivityFeed, 'emit'>) {}

  get all(): NodeConnection[] {
    return [...this.#nodes.values()];
  }

  find(name: string): NodeConnection | undefined {
    return this.#nodes.get(name);
  }

  /**
   * Admits a node. An older connection of the same process has died unnoticed, and is closed; another process of the same
   * name keeps that name until it stops answering pings.
   * @returns why it is refused, if it is
   */
  join(node: NodeConnection): string | undefined {
    const known = this.#nodes.get(node.name);
    if (known !== undefined && known.instance !== node.instance) {
      return `a node named ${node.name} is here already, on ${known.capabilities.host}: give this one another --name`;
    }
    known?.reject('it has joined again');
    this.#nodes.set(node.name, node);
    const { host, cores, slots } = node.capabilities;
    // Nobody was told that it had gone, if it has.
    if (known === undefined) this.activity.emit({ type: 'node-joined', node: node.name, host, cores, slots });
    this.changed();
    return undefined;
  }

  /** Forgets a node whose connection has ended. @param lost why it did, unless the node wanted that */
  leave(node: NodeConnection, lost: string | undefined): void {
    const { name } = node;
    if (this.#nodes.get(name) === node) {
      this.#nodes.delete(name);
      const how =
        lost === undefined ? ({ type: 'node-left' } as const) : ({ type: 'node-lost', reason: lost } as const);
      this.activity.emit({ node: name, ...how });
    }
    this.changed();
  }

  /** Gives a node no new stages from now on. */
  drain(node: NodeConnection): void {
    if (!node.draining) this.activity.emit({ type: 'node-draining', node: node.name });
    node.draining = true;
  }

  /** Lets a drained node take stages again. */
  undrain(node: NodeConnection): void {
    if (node.draining) this.activity.emit({ type: 'node-undrained', node: node.name });
    node.draining = false;
    this.changed();
  }

  /** Makes everyone who is waiting look again. */
  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /**
   * Waits until `look` finds what it wants among the nodes, looking again whenever they change.
   * @throws the signal's reason
   */
  async until<Found>(look: (nodes: NodeConnection[]) => Found | undefined, signal: AbortSignal): Promise<Found> {
    for (;;) {
      signal.throwIfAborted();
      const found = look(this.all);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener('abort', wake);
      });
    }
  }

  /**
   * Waits until `look` finds a node for each stage, and takes their slots in the same turn of the event loop, so that the
   * next caller in line finds them taken.
   * @throws the signal's reason
   */
  async reserve(
    look: (nodes: NodeConnection[]) => ReadonlyMap<string, NodeConnection> | undefined,
    signal: AbortSignal,
  ): Promise<Reservation> {
    return this.until((nodes) => {
      const found = look(nodes);
      return found && this.take(found);
    }, signal);
  }

  /** Takes a slot for each stage. @param nodes by stage */
  take(nodes: ReadonlyMap<string, NodeConnection>): Reservation {
    return new Reservation(nodes, () => this.changed());
  }

  close(): void {
    for (const node of this.#nodes.values()) node.close();
  }
}

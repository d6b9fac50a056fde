import type { NodeConnection } from './node-connection.js';
import { Reservation } from './reservation.js';

/** The nodes that have joined. */
export class NodePool {
  readonly #nodes = new Map<string, NodeConnection>();
  readonly #waiting = new Set<() => void>();

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
    this.changed();
    return undefined;
  }

  leave(node: NodeConnection): void {
    if (this.#nodes.get(node.name) === node) this.#nodes.delete(node.name);
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

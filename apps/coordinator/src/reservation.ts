import type { NodeConnection } from './node-connection.js';

/** The slots that one life of a run holds on its nodes, from when the nodes are chosen until its last stage has ended. */
export class Reservation {
  /**
   * Takes a slot for each stage.
   * @param nodes by stage @param released called when the slots are free again
   */
  constructor(
    readonly nodes: ReadonlyMap<string, NodeConnection>,
    readonly released: () => void,
  ) {
    for (const node of nodes.values()) node.reserved++;
  }

  /** Whether all of the nodes can still be given stages. */
  get holds(): boolean {
    return [...this.nodes.values()].every(({ isOpen }) => isOpen);
  }

  /** Gives the slots back. To be called once. */
  release(): void {
    for (const node of this.nodes.values()) node.reserved--;
    this.released();
  }
}

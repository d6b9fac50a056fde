import type { NodeConnection } from './node-connection.js';

/** The slots of a life of a run on its nodes: its own from the moment that the nodes are chosen until its last stage has ended. */
export class Reservation {
  /**
   * Takes a slot for each stage.
   * @param nodes of each stage @param released called when the slots are free again
   */
  constructor(
    readonly nodes: ReadonlyMap<string, NodeConnection>,
    readonly released: () => void,
  ) {
    for (const node of nodes.values()) node.reserved++;
  }

  /** Whether all of the nodes are still there to be given stages. */
  get holds(): boolean {
    return [...this.nodes.values()].every(({ isOpen }) => isOpen);
  }

  /** Gives the slots back, once. */
  release(): void {
    for (const node of this.nodes.values()) node.reserved--;
    this.released();
  }
}

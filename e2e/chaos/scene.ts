import type { Cluster, RunStanding } from './cluster.js';

/** What a fault is injected into. */
export interface Scene {
  readonly cluster: Cluster;
  readonly run: string;
  /** As the coordinator had it just now: running. */
  readonly standing: RunStanding;
  /** One of them, by the seed. */
  readonly pick: <Item>(items: readonly Item[]) => Item;
}

/** Does a fault, and says in a few words what it has done. @throws Error where that alone shows something to be wrong */
export type Inject = (scene: Scene) => Promise<string>;

import type { Assignment } from '@layerline/protocol';
import { StageHost } from './stage-host.js';
import type { StageHostOptions } from './stage-host.js';

/** How long a process waits for the next life of its run. */
const IDLE_MS = 10_000;

interface Idle {
  readonly host: StageHost;
  readonly run: string;
  readonly stage: string;
  readonly timer: NodeJS.Timeout;
}

/** The processes of a node's stages: those at work, and those that wait for the next life of the run that they worked for. */
export class StageHosts {
  readonly #all = new Set<StageHost>();
  readonly #idle = new Set<Idle>();
  #empty: (() => void) | undefined;

  constructor(readonly options: Omit<StageHostOptions, 'gone'>) {}

  /**
   * A process for an assignment: one that waits, of the same stage or else of the same layer, or a new one. That of another
   * layer is left to it, as it may still have its state.
   * @throws UnknownProgramError if the node does not have the assignment's program
   */
  take(assignment: Assignment): StageHost {
    const waiting = [...this.#idle].filter(({ host, run }) => host.isIdle && suits(host, run, assignment));
    const found =
      waiting.find(({ stage }) => stage === assignment.stage) ?? waiting.find((idle) => isOfLayer(idle, assignment));
    if (found === undefined) return this.#start(assignment);
    this.#forget(found);
    return found.host;
  }

  /** Keeps a process that has left a session of this assignment. */
  keep(host: StageHost, { run, stage }: Assignment): void {
    const idle: Idle = {
      host,
      run,
      stage,
      timer: setTimeout(() => {
        this.#forget(idle);
        host.stop();
      }, IDLE_MS).unref(),
    };
    this.#idle.add(idle);
  }

  /** Ends every process at once. */
  killAll(): void {
    for (const host of this.#all) host.stop();
  }

  /** Calls `act` once no process is left. */
  whenEmpty(act: () => void): void {
    if (this.#all.size === 0) act();
    else this.#empty = act;
  }

  #start(assignment: Assignment): StageHost {
    const host = new StageHost(assignment, {
      ...this.options,
      gone: () => {
        this.#all.delete(host);
        for (const idle of this.#idle) if (idle.host === host) this.#forget(idle);
        if (this.#all.size === 0) this.#empty?.();
      },
    });
    host.start();
    this.#all.add(host);
    return host;
  }

  #forget(idle: Idle): void {
    clearTimeout(idle.timer);
    this.#idle.delete(idle);
  }
}

/** Whether a process of a run can take an assignment. Nodes' own programs begin anew each time. */
function suits({ first }: StageHost, run: string, assignment: Assignment): boolean {
  return (
    run === assignment.run && first.role === assignment.role && (first.program ?? assignment.program) === undefined
  );
}

/** Whether both are shards of one layer, or one of them is the layer. */
function isOfLayer(one: { readonly stage: string }, other: { readonly stage: string }): boolean {
  return one.stage.split('/', 1)[0] === other.stage.split('/', 1)[0];
}

import { Channel, nodeMessage } from '@layerline/protocol';
import type { Assignment, Capabilities, CoordinatorMessage, NodeMessage, StageOrder } from '@layerline/protocol';
import type { WebSocket } from 'ws';

/** What a node says about one of its tasks. */
export type TaskMessage = Extract<NodeMessage, { task: string }>;

/** Is told what becomes of a task. */
export interface TaskListener {
  message(message: TaskMessage): void;
  /** The node is gone, and the task with it. */
  lost(node: NodeConnection, reason: string): void;
}

interface Probe {
  readonly resolve: (numerics: string) => void;
  readonly reject: (error: Error) => void;
}

/** A node that has joined. */
export class NodeConnection {
  /** Whether it is to get no new tasks. */
  draining = false;
  /** Slots taken by runs, for tasks that it has or is about to get. */
  reserved = 0;
  readonly #channel: Channel<NodeMessage, CoordinatorMessage>;
  readonly #tasks = new Map<string, TaskListener>();
  readonly #probes = new Map<number, Probe>();
  #joined: Pick<Extract<NodeMessage, { type: 'join' }>, 'name' | 'instance' | 'version' | 'capabilities'> | undefined;
  #probeNumber = 0;

  /**
   * @param version of the coordinator's program
   * @param handlers.joined called once, when the node has introduced itself; returns the reason if it is refused
   * @param handlers.left called once, when the connection has ended: with the reason, unless the node wanted that
   */
  constructor(
    socket: WebSocket,
    version: string,
    handlers: {
      readonly joined: (node: NodeConnection) => string | undefined;
      readonly left: (node: NodeConnection, lost: string | undefined) => void;
    },
  ) {
    this.#channel = new Channel(socket, nodeMessage, {
      message: (message) => {
        if (message.type !== 'join') return this.#handle(message);
        // Under a second name it would count as two nodes, one of which would never leave.
        if (this.#joined !== undefined) return this.reject(`${this.name} has joined already`);
        if (message.version !== version) {
          return this.reject(`this coordinator is version ${version}, and the node is ${message.version}`);
        }
        this.#joined = message;
        const refused = handlers.joined(this);
        if (refused !== undefined) return this.reject(refused);
        this.#channel.send({ type: 'welcome', version });
      },
      closed: (reason, isOrderly) => {
        handlers.left(this, isOrderly ? undefined : reason);
        for (const { reject } of this.#probes.values()) reject(new Error(reason));
        for (const listener of new Set(this.#tasks.values())) listener.lost(this, reason);
        this.#tasks.clear();
      },
    });
  }

  /** Starts to listen. To be called in the same turn of the event loop in which the connection arrived. */
  start(): void {
    this.#channel.start();
  }

  get name(): string {
    return this.#joined?.name ?? 'a node that has not joined';
  }

  /** Distinguishes the connections of one process from those of another. */
  get instance(): string {
    return this.#joined?.instance ?? '';
  }

  get version(): string {
    return this.#joined?.version ?? 'unknown';
  }

  /** Defined only once the node has joined. */
  get capabilities(): Capabilities {
    return this.#joined?.capabilities as Capabilities;
  }

  /** Whether it can be given tasks. */
  get isOpen(): boolean {
    return !this.draining && this.#channel.isOpen;
  }

  /** How many tasks it has now. */
  get tasks(): number {
    return this.#tasks.size;
  }

  /** @param listener told everything that becomes of the task */
  startTask(task: string, assignment: Assignment, listener: TaskListener): void {
    this.#tasks.set(task, listener);
    this.#channel.send({ type: 'start', task, assignment });
  }

  order(task: string, order: StageOrder): void {
    this.#channel.send({ type: 'order', task, order });
  }

  /** Ends a task, and lets the node keep its process. */
  leave(task: string): void {
    this.#channel.send({ type: 'leave', task });
  }

  kill(task: string): void {
    this.#channel.send({ type: 'kill', task });
  }

  /** Asks for the numerics of a plan on that machine. @param settings the plan @throws Error with the reason */
  probe(settings: unknown): Promise<string> {
    const probe = this.#probeNumber++;
    return new Promise<string>((resolve, reject) => {
      this.#probes.set(probe, { resolve, reject });
      this.#channel.send({ type: 'probe', probe, settings });
    }).finally(() => this.#probes.delete(probe));
  }

  close(): void {
    this.#channel.stop();
  }

  /** @param reason told to the node */
  reject(reason: string): void {
    this.#channel.reject(reason);
  }

  #handle(message: Exclude<NodeMessage, { type: 'join' }>): void {
    switch (message.type) {
      case 'probed':
        return this.#probes.get(message.probe)?.resolve(message.numerics);
      case 'probe-failed':
        return this.#probes.get(message.probe)?.reject(new Error(message.message));
      default: {
        const listener = this.#tasks.get(message.task);
        if (message.type === 'exited' || message.type === 'left' || message.type === 'refused')
          this.#tasks.delete(message.task);
        listener?.message(message);
      }
    }
  }
}

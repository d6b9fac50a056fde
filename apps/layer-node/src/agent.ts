import {
  Channel,
  CONTROL_PATH,
  CONTROL_SUBPROTOCOL,
  ConnectionLostError,
  coordinatorMessage,
  dial,
  LOG_LINE_BURST,
  LOG_LINE_RATE,
  MAX_CONTROL_BYTES,
  TokenBucket,
} from '@layerline/protocol';
import type { Assignment, Capabilities, CoordinatorMessage, DialOptions, NodeMessage, Site } from '@layerline/protocol';
import { newSecret } from '@layerline/security';
import type { Trust } from '@layerline/security';
import type { WebSocket } from 'ws';
import { Fence } from './fence.js';
import { numericsHere } from './examiner.js';
import type { Programs } from './programs.js';
import type { StageHost } from './stage-host.js';
import { StageHosts } from './stage-hosts.js';

const MAX_FRAGMENTS = 16;
/** Longest line and longest message that the protocol accepts, in characters. */
const MAX_LINE_LENGTH = 2_000;
const MAX_MESSAGE_LENGTH = 4_000;

export interface AgentOptions {
  /** `ws://host:port` of the coordinator, or `wss://` with {@link trust}. */
  readonly coordinator: string;
  readonly trust?: Trust | undefined;
  readonly token: string;
  /** The node's name in messages and placement. */
  readonly name: string;
  readonly version: string;
  /** Where neighbours reach its stages; by default, the address from which it reaches the coordinator. */
  readonly advertise?: string | undefined;
  readonly capabilities: Omit<Capabilities, 'host'>;
  readonly site: Omit<Site, 'names'>;
  /** Its own programs, whose names are in the capabilities. */
  readonly programs: Programs;
  /** Works out the numerics of a plan, if that is not to be done in a separate process. */
  readonly numerics?: (settings: unknown) => Promise<string>;
  /** Kept from one connection to the next. */
  readonly fence?: Fence;
  /** Tells this process from others of the same name, across all of its connections; a new secret by default. */
  readonly instance?: string;
}

/**
 * A machine's agent: joins a coordinator, starts the stages that it is told to as child processes, relays messages between
 * them and the coordinator, and ends them all when the coordinator is gone.
 */
export class NodeAgent {
  /** Settles with the reason when the coordinator is gone and every stage has ended. */
  readonly left: Promise<string>;
  /** By task, those that have a session. */
  readonly #tasks = new Map<string, StageHost>();
  readonly #hosts: StageHosts;
  readonly #channel: Channel<CoordinatorMessage, NodeMessage>;
  readonly #fence: Fence;
  /** Settles once the coordinator has let the node in. */
  readonly #welcome: Promise<void>;
  #letIn!: () => void;

  /**
   * Joins a coordinator.
   * @throws ConnectionLostError if it cannot be reached or refuses, UntrustedServerError if some other server answers
   */
  static async join(options: AgentOptions): Promise<NodeAgent> {
    const how: DialOptions = {
      address: options.coordinator,
      trust: options.trust,
      secret: options.token,
      peer: 'the coordinator',
      path: CONTROL_PATH,
      subprotocol: CONTROL_SUBPROTOCOL,
      maxPayload: MAX_CONTROL_BYTES,
      maxFragments: MAX_FRAGMENTS,
    };
    return await dial(how, (socket, ownAddress) => {
      const agent = new NodeAgent(socket, options, options.advertise ?? ownAddress);
      agent.#start();
      return agent.#welcomed();
    });
  }

  private constructor(
    socket: WebSocket,
    readonly options: AgentOptions,
    /** The name or address that neighbours use for it. */
    readonly host: string,
  ) {
    this.#fence = options.fence ?? new Fence();
    // Shared by all stages: if together they logged too much, the node would be rejected.
    const allowance = new TokenBucket(LOG_LINE_RATE, LOG_LINE_BURST);
    this.#hosts = new StageHosts({ programs: options.programs, allowance });
    this.#welcome = new Promise((resolve) => (this.#letIn = resolve));
    let leave!: (reason: string) => void;
    this.left = new Promise((resolve) => (leave = resolve));
    this.#channel = new Channel(socket, coordinatorMessage, {
      message: (message) => this.#handle(message),
      closed: (reason) => {
        this.killAll();
        this.#hosts.whenEmpty(() => leave(reason));
      },
    });
  }

  /** Ends every stage at once. */
  killAll(): void {
    this.#hosts.killAll();
  }

  leave(): void {
    this.killAll();
    this.#channel.stop();
  }

  #start(): void {
    const { name, version, capabilities, instance = newSecret() } = this.options;
    this.#channel.start();
    this.#channel.send({ type: 'join', name, instance, version, capabilities: { ...capabilities, host: this.host } });
  }

  /** Waits until the coordinator has let it in. @throws ConnectionLostError with the reason if it does not */
  #welcomed(): Promise<NodeAgent> {
    const refused = this.left.then((reason): never => {
      throw new ConnectionLostError('the coordinator', reason);
    });
    return Promise.race([this.#welcome.then(() => this), refused]);
  }

  #handle(message: CoordinatorMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#letIn();
      case 'start':
        return this.#startStage(message.task, message.assignment);
      case 'order':
        return this.#tasks.get(message.task)?.order(message.order);
      case 'leave':
        return this.#tasks.get(message.task)?.leave();
      case 'kill':
        return this.#tasks.get(message.task)?.stop();
      case 'probe':
        return void this.#probe(message.probe, message.settings);
    }
  }

  #startStage(task: string, assignment: Assignment): void {
    let host: StageHost;
    try {
      this.#fence.admit(assignment);
      host = this.#hosts.take(assignment);
    } catch (error) {
      const { code, message } = error as Error & { code: string };
      return this.#channel.send({ type: 'refused', task, code, message: message.slice(0, MAX_MESSAGE_LENGTH) });
    }
    this.#tasks.set(task, host);
    host.assign(
      assignment,
      { ...this.options.site, names: [this.host] },
      {
        event: (event) => this.#channel.send({ type: 'event', task, event }),
        line: (line) => this.#channel.send({ type: 'line', task, line: line.slice(0, MAX_LINE_LENGTH) }),
        left: () => {
          this.#tasks.delete(task);
          this.#hosts.keep(host, assignment);
          this.#channel.send({ type: 'left', task });
        },
        exited: ({ code, signal, tail }) => {
          this.#tasks.delete(task);
          this.#channel.send({ type: 'exited', task, code, signal, tail: [...tail] });
        },
      },
    );
    if (host.pid !== undefined) this.#channel.send({ type: 'started', task, pid: host.pid });
  }

  async #probe(id: number, settings: unknown): Promise<void> {
    try {
      const { numerics = numericsHere } = this.options;
      this.#channel.send({ type: 'probed', probe: id, numerics: await numerics(settings) });
    } catch (error) {
      this.#channel.send({
        type: 'probe-failed',
        probe: id,
        message: (error as Error).message.slice(0, MAX_MESSAGE_LENGTH),
      });
    }
  }
}

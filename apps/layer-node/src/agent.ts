import {
  bearer,
  Channel,
  ConnectionLostError,
  CONTROL_PATH,
  CONTROL_SUBPROTOCOL,
  coordinatorMessage,
  MAX_CONTROL_BYTES,
} from '@layerline/protocol';
import type { Assignment, CoordinatorMessage, NodeMessage } from '@layerline/protocol';
import { WebSocket } from 'ws';
import { StageChild } from './stage-child.js';

const HANDSHAKE_DEADLINE_MS = 10_000;

export interface AgentOptions {
  /** `ws://host:port` of the coordinator. */
  readonly coordinator: string;
  readonly token: string;
  /** The node's name in messages and placement. */
  readonly name: string;
  readonly version: string;
  /** Told each line that a stage writes. */
  readonly line?: (stage: string, line: string) => void;
}

/**
 * The agent of a machine: joins a coordinator, starts the stages it is told to as child processes, passes messages
 * between them and the coordinator, and ends them all when the coordinator is gone.
 */
export class NodeAgent {
  readonly #children = new Map<string, StageChild>();
  readonly #channel: Channel<CoordinatorMessage, NodeMessage>;

  /**
   * Joins a coordinator.
   * @throws ConnectionLostError when it cannot be reached or refuses
   */
  static join(options: AgentOptions): Promise<NodeAgent> {
    const { coordinator, token } = options;
    const socket = new WebSocket(coordinator + CONTROL_PATH, CONTROL_SUBPROTOCOL, {
      headers: { authorization: bearer(token) },
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_DEADLINE_MS,
      maxPayload: MAX_CONTROL_BYTES,
      maxFragments: 16,
    });
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => {
        reject(
          new ConnectionLostError('the coordinator', `joining ${coordinator}: ${error.message}`, { cause: error }),
        );
      };
      socket.once('error', refuse);
      socket.once('open', () => {
        socket.off('error', refuse);
        resolve(new NodeAgent(socket, options));
      });
    });
  }

  private constructor(
    socket: WebSocket,
    readonly options: AgentOptions,
  ) {
    this.#channel = new Channel(socket, coordinatorMessage, {
      message: (message) => this.#obey(message),
      closed: () => this.killAll(),
    });
    this.#channel.send({ type: 'join', name: options.name, version: options.version });
  }

  /** Ends every stage at once. */
  killAll(): void {
    for (const child of this.#children.values()) child.kill();
  }

  leave(): void {
    this.killAll();
    this.#channel.close();
  }

  #obey(message: CoordinatorMessage): void {
    switch (message.type) {
      case 'welcome':
        return;
      case 'start':
        return this.#start(message.assignment);
      case 'order':
        return this.#children.get(message.stage)?.order(message.order);
      case 'kill':
        return this.#children.get(message.stage)?.kill();
    }
  }

  #start(assignment: Assignment): void {
    const { stage } = assignment;
    const child = new StageChild(assignment, {
      event: (event) => this.#channel.send({ type: 'event', stage, event }),
      line: (line) => this.options.line?.(stage, line),
      exited: ({ code, signal, tail }) => {
        this.#children.delete(stage);
        this.#channel.send({ type: 'exited', stage, code, signal, tail: [...tail] });
      },
    });
    this.#children.set(stage, child);
    if (child.pid !== undefined) this.#channel.send({ type: 'started', stage, pid: child.pid });
  }
}

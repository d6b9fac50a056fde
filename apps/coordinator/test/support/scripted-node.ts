import { EventEmitter, once } from 'node:events';
import {
  Channel,
  CONTROL_PATH,
  CONTROL_SUBPROTOCOL,
  coordinatorMessage,
  dial,
  MAX_CONTROL_BYTES,
} from '@layerline/protocol';
import type { Capabilities, CoordinatorMessage, NodeMessage, StageEvent } from '@layerline/protocol';
import { newSecret } from '@layerline/security';
import type { Coordinator } from '../../src/coordinator.js';

export const BACKEND = 'onnx/c-api';
const VERSION = '1';

/** What a node answers to a probe, if anything. */
export type ProbeAnswer = (probe: number) => NodeMessage | undefined;

/** A node that starts no process: tests say what becomes of its stages. It answers probes and ends what it is told to. */
export class ScriptedNode {
  /** All that it has been told, in order. */
  readonly told: CoordinatorMessage[] = [];
  /** Why the connection has ended, once it has. */
  refusal: string | undefined;
  readonly #changes = new EventEmitter<{ told: [] }>();
  readonly #channel: Channel<CoordinatorMessage, NodeMessage>;

  /** Joins a coordinator, and waits until it is in its pool. */
  static async join(
    coordinator: Coordinator,
    name: string,
    capabilities: Partial<Capabilities> = {},
    answer: ProbeAnswer = (probe) => ({ type: 'probed', probe, numerics: 'alike' }),
    instance = newSecret(),
  ): Promise<ScriptedNode> {
    const { authority, server } = coordinator.options;
    const how = {
      address: `ws://${server?.host}:${coordinator.port}`,
      secret: authority.tokens.node,
      peer: 'the coordinator',
      path: CONTROL_PATH,
      subprotocol: CONTROL_SUBPROTOCOL,
      maxPayload: MAX_CONTROL_BYTES,
      maxFragments: 16,
    };
    const node = await dial(how, (socket) => new ScriptedNode(socket, name, capabilities, answer, instance));
    await node.until(() => node.told.some(({ type }) => type === 'welcome') || node.refusal !== undefined);
    return node;
  }

  private constructor(
    readonly socket: ConstructorParameters<typeof Channel>[0],
    name: string,
    capabilities: Partial<Capabilities>,
    answer: ProbeAnswer,
    instance: string,
  ) {
    this.#changes.setMaxListeners(0);
    this.#channel = new Channel(socket, coordinatorMessage, {
      message: (message) => {
        this.told.push(message);
        if (message.type === 'kill') this.exit(message.task, null, 'SIGKILL');
        if (message.type === 'leave') this.#channel.send({ type: 'left', task: message.task });
        const answered = message.type === 'probe' ? answer(message.probe) : undefined;
        if (answered !== undefined) this.#channel.send(answered);
        this.#changes.emit('told');
      },
      closed: (reason) => {
        this.refusal = reason;
        this.#changes.emit('told');
      },
    });
    this.#channel.start();
    this.#channel.send({
      type: 'join',
      name,
      instance,
      version: VERSION,
      capabilities: {
        host: 'localhost',
        ports: { from: 0, to: 0 },
        dialsOut: false,
        cores: 2,
        memory: 1e9,
        slots: 8,
        engines: [{ backend: BACKEND, version: '1' }],
        datasets: [],
        programs: [],
        ...capabilities,
      },
    });
  }

  /** The tasks that it was told to start, in order. */
  get starts(): string[] {
    return this.told.flatMap((message) => (message.type === 'start' ? [message.task] : []));
  }

  /** The orders that a task was given, in order, and its end. */
  ordersOf(task: string): string[] {
    return this.told.flatMap((message) => {
      if (!('task' in message) || message.task !== task) return [];
      if (message.type !== 'order') return [message.type];
      return [message.order.type === 'snapshot-settled' ? `settled ${message.order.step}` : message.order.type];
    });
  }

  /** Waits until something holds of what it has been told. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#changes, 'told');
  }

  /** Waits until it has been told to start so many tasks in all. */
  async started(tasks: number): Promise<string[]> {
    await this.until(() => this.starts.length >= tasks);
    return this.starts.slice(-tasks);
  }

  /** Gets stages so far that frames flow. */
  begin(tasks: readonly string[]): void {
    for (const task of tasks) {
      for (const { stage } of this.#inputsOf(task)) this.event(task, { type: 'linked', neighbour: stage });
      this.event(task, { type: 'ready' });
    }
  }

  #inputsOf(task: string): readonly { readonly stage: string }[] {
    return this.told.flatMap((message) => {
      return message.type === 'start' && message.task === task ? message.assignment.inputs : [];
    });
  }

  event(task: string, event: StageEvent): void {
    this.#channel.send({ type: 'event', task, event });
  }

  exit(task: string, code: number | null = 0, signal: string | null = null, tail: string[] = []): void {
    this.#channel.send({ type: 'exited', task, code, signal, tail });
  }

  probed(probe: number, numerics: string): void {
    this.#channel.send({ type: 'probed', probe, numerics });
  }

  /** Is gone without a word. */
  die(): void {
    this.socket.terminate();
  }
}

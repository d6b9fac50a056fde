import { EventEmitter, once } from 'node:events';
import { CONTROL_PATH, CONTROL_SUBPROTOCOL, coordinatorMessage, dial, MAX_CONTROL_BYTES } from '@layerline/protocol';
import type { CoordinatorMessage } from '@layerline/protocol';
import { newSecret } from '@layerline/security';
import type { Trust } from '@layerline/security';
import { pack, unpack } from 'msgpackr';
import type { WebSocket } from 'ws';

/** Where a coordinator is, and what nodes show it. */
export interface Door {
  /** `ws://host:port`, or `wss://` with {@link trust}. */
  readonly address: string;
  readonly trust?: Trust;
  readonly token: string;
}

/** What makes it look like a node that others could be placed on. */
export interface Guise {
  readonly name: string;
  readonly version: string;
  /** What it claims to compute, if it is asked. */
  readonly numerics?: string;
}

/** How a connection was ended by the coordinator. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** Somebody who has the token of nodes and says to a coordinator whatever he likes. He starts no process. */
export class HostileNode {
  readonly told: CoordinatorMessage[] = [];
  readonly ended: Promise<Ending>;
  readonly #heard = new EventEmitter<{ told: [] }>();
  #numerics = '';

  static connect({ address, trust, token }: Door): Promise<HostileNode> {
    const limits = { maxPayload: MAX_CONTROL_BYTES, maxFragments: 16 };
    const how = { path: CONTROL_PATH, subprotocol: CONTROL_SUBPROTOCOL, ...limits };
    return dial(
      { address, trust, secret: token, peer: 'the coordinator', ...how },
      (socket) => new HostileNode(socket),
    );
  }

  private constructor(readonly socket: WebSocket) {
    this.ended = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer) => this.#hear(coordinatorMessage.parse(unpack(bytes))));
  }

  /** Says a message, whether or not there is such a one. */
  say(message: unknown): void {
    this.socket.send(pack(message));
  }

  /** Asks to be let in, and does no more. */
  join({ name, version, numerics = '' }: Guise): void {
    this.#numerics = numerics;
    const engines = [{ backend: 'onnx/c-api', version: '1' }];
    const place = { host: '127.0.0.1', ports: { from: 0, to: 0 }, dialsOut: false };
    const capabilities = { ...place, cores: 2, memory: 2 ** 33, slots: 8, engines, datasets: [], programs: [] };
    this.say({ type: 'join', name, instance: newSecret(), version, capabilities });
  }

  /** The first message of a type, once it has come. */
  async hears<Type extends CoordinatorMessage['type']>(
    type: Type,
  ): Promise<Extract<CoordinatorMessage, { type: Type }>> {
    for (;;) {
      const found = this.told.find((message) => message.type === type);
      if (found !== undefined) return found as Extract<CoordinatorMessage, { type: Type }>;
      await once(this.#heard, 'told');
    }
  }

  /** Says what is no message: whatever it said before has been read when the coordinator hangs up. */
  async leave(): Promise<Ending> {
    this.socket.send(Buffer.of(0xc1));
    return this.ended;
  }

  #hear(message: CoordinatorMessage): void {
    this.told.push(message);
    if (message.type === 'probe') this.say({ type: 'probed', probe: message.probe, numerics: this.#numerics });
    this.#heard.emit('told');
  }
}

/** What a node could say of a stage that is not its own, to end it or to make it look like something else. */
export function slander(task: string): object[] {
  return [
    { type: 'event', task, event: { type: 'failed', code: 'ERR_DIVERGED', message: 'Training diverged' } },
    { type: 'event', task, event: { type: 'report', report: { type: 'snapshot', step: 1 } } },
    { type: 'event', task, event: { type: 'finished' } },
    { type: 'line', task, line: 'all is lost' },
    { type: 'refused', task, code: 'ERR_STALE_ORDER', message: 'stale' },
    { type: 'exited', task, code: null, signal: 'SIGKILL', tail: ['all is lost'] },
  ];
}

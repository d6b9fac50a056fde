import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** A peer that says nothing for so long has nothing to say. */
const PATIENCE_MS = 5_000;
/** Often enough that a port which listens for a second has more connections than it takes. */
const KNOCK_INTERVAL_MS = 50;

/** Somebody who means no good to a server, on this machine unless told otherwise. */
export class Attacker {
  readonly #open = new Set<Socket>();

  constructor(
    readonly port: number,
    readonly host = '127.0.0.1',
  ) {}

  /** Sends bytes as they are. @returns what comes back until the server hangs up, or falls silent */
  async send(bytes: Uint8Array | string): Promise<string> {
    const socket = this.#connect();
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.write(bytes);
    const timer = new AbortController();
    await Promise.race([ended, sleep(PATIENCE_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    socket.destroy();
    return answer;
  }

  /** A request over HTTP, well-formed or not. @returns the status of the answer, or 0 where there was none */
  async request(method: string, path: string, headers: readonly string[], body: Uint8Array | string): Promise<number> {
    const head = [`${method} ${path} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n');
    const answer = await this.send(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]));
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
  }

  /** Opens connections that begin a request and never end it. */
  async dawdle(connections: number): Promise<void> {
    for (let index = 0; index < connections; index++) {
      const socket = this.#connect();
      await once(socket, 'connect');
      socket.write('GET /api/status HTTP/1.1\r\nHost: 127');
    }
  }

  /** Sends messages over a WebSocket. @returns the code that the server hangs up with, and the reason that it gives */
  async talk(
    protocol: string,
    token: string,
    messages: readonly (Uint8Array | string)[],
  ): Promise<{ readonly code: number; readonly reason: string }> {
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/control`, protocol, {
      headers,
      perMessageDeflate: false,
    });
    const closed = new Promise<{ code: number; reason: string }>((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('error', () => undefined);
    socket.on('open', () => {
      for (const message of messages) socket.send(message);
    });
    return closed;
  }

  /** Opens a connection, if anybody listens, and says nothing. */
  knock(taken: () => void): void {
    this.#connect().once('connect', taken);
  }

  /** Connections that are not over. */
  get connections(): number {
    return this.#open.size;
  }

  /** Drops all connections. */
  close(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #connect(): Socket {
    const socket = connect(this.port, this.host);
    this.#open.add(socket);
    socket.resume();
    // To be dropped is what an attacker expects.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#open.delete(socket));
    return socket;
  }
}

/**
 * Opens connections to ports on which servers come and go, as soon as they are there and without end, and says nothing. As many as
 * these hold open at once are more than a data port takes from one address.
 */
export class Squatter {
  readonly #attackers: readonly Attacker[];
  #timer: NodeJS.Timeout | undefined;
  /** Connections that were taken. */
  taken = 0;

  constructor(hosts: readonly string[], { from, to }: { readonly from: number; readonly to: number }) {
    const ports = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    this.#attackers = hosts.flatMap((host) => ports.map((port) => new Attacker(port, host)));
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const attacker of this.#attackers) attacker.knock(() => this.taken++);
    }, KNOCK_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const attacker of this.#attackers) attacker.close();
  }
}

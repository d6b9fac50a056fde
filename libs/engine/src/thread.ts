import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { EngineIdentity } from './engine.js';
import { EngineError } from './errors.js';
import type { EngineUnavailableError } from './errors.js';
import { typedError } from './thread-messages.js';
import type { Command, Reply, Request, ThreadData } from './thread-messages.js';

interface Pending {
  resolve(data: Float32Array | undefined): void;
  reject(error: Error): void;
}

/** What the engine inside a thread says about itself. */
export interface Opened {
  readonly identity: EngineIdentity;
  readonly threads: number;
}

/**
 * A worker thread with an engine inside. It keeps the process alive only while it owes a reply. Once it has
 * ended, every request fails with the reason.
 */
export class EngineThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #ended: EngineError | EngineUnavailableError | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /**
   * Starts a thread that opens an engine.
   * @throws EngineError or EngineUnavailableError where that fails, once the thread has ended
   */
  static async open(data: ThreadData): Promise<{ readonly thread: EngineThread; readonly opened: Opened }> {
    const worker = new Worker(new URL('./thread-worker.js', import.meta.url), {
      workerData: data,
      // Native libraries read their settings from the environment of the process, which SHARE_ENV lets the thread set.
      env: SHARE_ENV,
      // Loaders and debuggers of the process have no business here, and would be started again for every thread.
      execArgv: [],
    });
    const thread = new EngineThread(worker);
    return { thread, opened: await thread.#listen() };
  }

  #listen(): Promise<Opened> {
    return new Promise((resolve, reject) => {
      this.#worker.on('message', (reply: Reply) => {
        if (reply.kind === 'opened') {
          this.#worker.unref();
          resolve(reply);
        } else if (reply.kind === 'openFailed') {
          this.#end(typedError(reply.error));
          void this.#worker.terminate();
        } else {
          this.#settle(reply);
        }
      });
      this.#worker.on('error', (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        this.#end(new EngineError(`The engine's thread failed: ${message}`, { cause: error }));
      });
      this.#worker.on('messageerror', (error) => {
        this.#end(
          new EngineError(`The engine's thread sent an unreadable message: ${error.message}`, { cause: error }),
        );
        void this.#worker.terminate();
      });
      this.#worker.on('exit', (code) => {
        reject(this.#end(new EngineError(`The engine's thread ended with code ${code}`)));
      });
    });
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** @throws EngineError when the thread has ended */
  send(command: Command, transferred: readonly ArrayBuffer[] = []): void {
    if (this.#ended !== undefined) throw this.#ended;
    this.#worker.postMessage(command, transferred);
  }

  /** Sends a command that frees something, unless the thread has ended. */
  release(command: Extract<Command, { kind: 'disposeTensor' | 'disposeGraph' }>): void {
    if (this.#ended === undefined) this.send(command);
  }

  /** Sends a request and waits for the reply. */
  request(request: Request): Promise<Float32Array | undefined> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.send({ kind: 'request', id, request });
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
    });
  }

  /** Ends the thread. Requests under way, and all later ones, fail with the given message. */
  async terminate(message: string): Promise<void> {
    this.#end(new EngineError(message));
    await this.#worker.terminate();
  }

  #settle(reply: Extract<Reply, { id: number }>): void {
    const pending = this.#pending.get(reply.id);
    // A reply may still come after all requests have been failed.
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (reply.kind === 'done') pending.resolve(reply.data);
    else pending.reject(typedError(reply.error));
  }

  /** Fails the requests under way, and all later ones, with the first reason given. */
  #end(reason: EngineError | EngineUnavailableError): EngineError | EngineUnavailableError {
    this.#ended ??= reason;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of pending) request.reject(this.#ended);
    return this.#ended;
  }
}

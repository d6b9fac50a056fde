import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { EngineIdentity } from './engine.js';
import { EngineError } from './errors.js';
import type { EngineUnavailableError } from './errors.js';
import { typedError } from './thread-messages.js';
import type { Answer, Call, Order, ThreadData } from './thread-messages.js';

interface Pending {
  resolve(data: Float32Array | undefined): void;
  reject(error: Error): void;
}

/** What the engine inside a thread says of itself. */
export interface Opened {
  readonly identity: EngineIdentity;
  readonly threads: number;
}

/**
 * A worker thread with an engine inside. It keeps the process alive only while it owes an
 * answer. Once it has ended, every call fails with the reason.
 */
export class EngineThread {
  readonly #worker: Worker;
  readonly #calls = new Map<number, Pending>();
  #lastCall = 0;
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
      this.#worker.on('message', (answer: Answer) => {
        if (answer.kind === 'open') {
          this.#worker.unref();
          resolve(answer);
        } else if (answer.kind === 'unopened') {
          this.#end(typedError(answer.error));
          void this.#worker.terminate();
        } else {
          this.#settle(answer);
        }
      });
      this.#worker.on('error', (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        this.#end(new EngineError(`The engine's thread failed: ${message}`, { cause: error }));
      });
      this.#worker.on('messageerror', (error) => {
        this.#end(new EngineError(`The engine's thread sent what cannot be read: ${error.message}`, { cause: error }));
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
  send(order: Order, moved: readonly ArrayBuffer[] = []): void {
    if (this.#ended !== undefined) throw this.#ended;
    this.#worker.postMessage(order, moved);
  }

  /** Sends what is of no use to a thread that has ended. */
  release(order: Extract<Order, { kind: 'disposeTensor' | 'disposeGraph' }>): void {
    if (this.#ended === undefined) this.send(order);
  }

  /** Sends a call and waits for its answer. */
  call(call: Call): Promise<Float32Array | undefined> {
    return new Promise((resolve, reject) => {
      const number = ++this.#lastCall;
      this.send({ kind: 'call', number, call });
      this.#calls.set(number, { resolve, reject });
      this.#worker.ref();
    });
  }

  /** Ends the thread. What is still under way, and all later use, fails with the given message. */
  async terminate(message: string): Promise<void> {
    this.#end(new EngineError(message));
    await this.#worker.terminate();
  }

  #settle(answer: Extract<Answer, { number: number }>): void {
    const pending = this.#calls.get(answer.number);
    // An answer may still come after all calls have been failed.
    if (pending === undefined) return;
    this.#calls.delete(answer.number);
    if (this.#calls.size === 0) this.#worker.unref();
    if (answer.kind === 'done') pending.resolve(answer.data);
    else pending.reject(typedError(answer.error));
  }

  /** Fails all that is under way, and later use, with the first reason given. */
  #end(reason: EngineError | EngineUnavailableError): EngineError | EngineUnavailableError {
    this.#ended ??= reason;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.reject(this.#ended);
    return this.#ended;
  }
}

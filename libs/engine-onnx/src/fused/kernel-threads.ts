import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EngineError } from '@layerline/engine';

/** A message to a thread. Its only reply is that a run has ended. */
export type KernelCommand =
  | { readonly type: 'load'; readonly kernel: number; readonly module: WebAssembly.Module }
  | { readonly type: 'run'; readonly kernel: number; readonly parameters: readonly number[] };

const WORKER_MODULE = new URL('./kernel-thread.js', import.meta.url);

/** An engine's own threads, each of which runs one kernel at a time. They are started as kernels need them. */
export class KernelThreads {
  readonly #idle: Worker[] = [];
  readonly #all: Worker[] = [];
  readonly #waiting: { readonly resolve: (worker: Worker) => void; readonly reject: (error: Error) => void }[] = [];
  readonly #modules: WebAssembly.Module[] = [];

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly count: number,
  ) {}

  /** Registers a kernel. @returns its number */
  load(code: Uint8Array): number {
    const module = new WebAssembly.Module(code);
    const kernel = this.#modules.push(module) - 1;
    for (const worker of this.#all) send(worker, { type: 'load', kernel, module });
    return kernel;
  }

  /**
   * Runs a kernel once for each list of parameters, in parallel as far as there are threads.
   * @throws EngineError if a run fails, once all have ended: nothing is written after that
   */
  async run(kernel: number, lists: readonly (readonly number[])[]): Promise<void> {
    const runs = await Promise.allSettled(lists.map((parameters) => this.#runOne({ type: 'run', kernel, parameters })));
    for (const run of runs) if (run.status === 'rejected') throw run.reason;
  }

  /** Ends the threads. No run may be under way. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }

  /** @throws EngineError when the thread ends before the run does; another takes its place */
  async #runOne(command: KernelCommand): Promise<void> {
    const worker = await this.#acquire();
    // It keeps the process alive only while it has work.
    worker.ref();
    try {
      send(worker, command);
      await once(worker, 'message');
    } catch (error) {
      this.#replace();
      throw new EngineError(`A kernel failed: ${(error as Error).message}`, { cause: error });
    }
    worker.unref();
    this.#release(worker);
  }

  async #acquire(): Promise<Worker> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.length < this.count) return this.#start();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #release(worker: Worker): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(worker);
    else next.resolve(worker);
  }

  /**
   * Starts a thread for waiting runs in place of one that has ended. If that fails, they wait for those that are left.
   */
  #replace(): void {
    if (this.#waiting.length === 0) return;
    try {
      this.#release(this.#start());
    } catch (error) {
      if (this.#all.length === 0) for (const { reject } of this.#waiting.splice(0)) reject(error as Error);
    }
  }

  /** @throws EngineError */
  #start(): Worker {
    let worker: Worker;
    try {
      // Hooks into the process, such as a debugger's or a test runner's, have no business here.
      worker = new Worker(WORKER_MODULE, { workerData: { memory: this.memory }, execArgv: [], env: {} });
    } catch (error) {
      throw new EngineError(`A thread for kernels cannot be started: ${(error as Error).message}`, { cause: error });
    }
    worker.unref();
    // Even while it is idle: an error that nobody listens for would end the process.
    worker.on('error', () => {
      remove(this.#all, worker);
      remove(this.#idle, worker);
    });
    this.#modules.forEach((module, kernel) => send(worker, { type: 'load', kernel, module }));
    this.#all.push(worker);
    return worker;
  }
}

function remove(workers: Worker[], worker: Worker): void {
  const at = workers.indexOf(worker);
  if (at >= 0) workers.splice(at, 1);
}

function send(worker: Worker, command: KernelCommand): void {
  worker.postMessage(command);
}

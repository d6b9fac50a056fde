import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EngineError } from '@layerline/engine';

/** What a thread is told. Its only answer is that a run has ended. */
export type KernelCommand =
  | { readonly type: 'load'; readonly kernel: number; readonly module: WebAssembly.Module }
  | { readonly type: 'run'; readonly kernel: number; readonly parameters: readonly number[] };

const WORKER_MODULE = new URL('./kernel-thread.js', import.meta.url);

/** Threads of an engine's own, each of which runs one kernel at a time. They are started when the first kernel is. */
export class KernelThreads {
  readonly #idle: Worker[] = [];
  readonly #all: Worker[] = [];
  readonly #waiting: { readonly resolve: (worker: Worker) => void; readonly reject: (error: Error) => void }[] = [];
  readonly #modules: WebAssembly.Module[] = [];

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly count: number,
  ) {}

  /** Makes a kernel known. @returns its number */
  load(code: Uint8Array): number {
    const module = new WebAssembly.Module(code);
    const kernel = this.#modules.push(module) - 1;
    for (const worker of this.#all) send(worker, { type: 'load', kernel, module });
    return kernel;
  }

  /**
   * Runs a kernel once for each of the parameter lists, at the same time as far as there are threads.
   * @throws EngineError where it fails for one of them, when it has ended for all: nothing is written any more
   */
  async run(kernel: number, lists: readonly (readonly number[])[]): Promise<void> {
    const runs = await Promise.allSettled(lists.map((parameters) => this.#runOne({ type: 'run', kernel, parameters })));
    for (const run of runs) if (run.status === 'rejected') throw run.reason;
  }

  /** Ends the threads. No run may be under way. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }

  /** @throws EngineError where the thread ends before the run: another one takes its place */
  async #runOne(command: KernelCommand): Promise<void> {
    const worker = await this.#acquire();
    // Only while it has something to do does it keep the process.
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

  /** Starts a thread for whoever waits, where one has ended. If it cannot be, they wait for those that are left. */
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
      // What hooks into the process, such as a debugger's or a test runner's, has no business in kernels.
      worker = new Worker(WORKER_MODULE, { workerData: { memory: this.memory }, execArgv: [], env: {} });
    } catch (error) {
      throw new EngineError(`A thread for kernels cannot be started: ${(error as Error).message}`, { cause: error });
    }
    worker.unref();
    // Also while nothing runs there: without anyone who listens, its error would be the end of the process.
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

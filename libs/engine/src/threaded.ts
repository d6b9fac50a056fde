import { sizeOf } from '@layerline/ops';
import type { Graph, Shape } from '@layerline/ops';
import { bind } from './bindings.js';
import type { CompiledGraph, Engine, EngineIdentity, EngineOptions, Tensor, Tensors } from './engine.js';
import { EngineError } from './errors.js';
import { EngineThread } from './thread.js';
import type { Opened } from './thread.js';
import type { TensorIds } from './thread-messages.js';

/**
 * Opens an engine in a worker thread, for libraries that block the event loop while they compute. Tensors live in the
 * thread; data is copied on its way in and out.
 * @param module a module that exports `openEngine(options, extra): Promise<Engine>`
 * @param extra passed on to `openEngine`; must be serialisable
 * @throws EngineUnavailableError as `openEngine` does
 * @throws EngineError when the thread fails
 */
export async function openThreaded(module: URL, options: EngineOptions, extra?: unknown): Promise<Engine> {
  const { thread, opened } = await EngineThread.open({ module: module.href, options, extra });
  return new ThreadedEngine(thread, opened);
}

class ThreadedEngine implements Engine {
  readonly identity: EngineIdentity;
  readonly threads: number;
  readonly #thread: EngineThread;
  #lastId = 0;
  #closed: Promise<void> | undefined;

  constructor(thread: EngineThread, opened: Opened) {
    this.#thread = thread;
    this.identity = opened.identity;
    this.threads = opened.threads;
  }

  tensor(shape: Shape, data?: Float32Array): Tensor {
    if (data !== undefined && data.length !== sizeOf(shape)) {
      throw new EngineError(`A ${shape.join(' × ')} tensor takes ${sizeOf(shape)} numbers, not ${data.length}`);
    }
    const tensor = new ThreadedTensor(this.#thread, ++this.#lastId, shape);
    // A copy is transferred, as the data may be a view of a frame whose other blocks are still in use.
    const copy = data === undefined ? undefined : new Float32Array(data);
    const transferred = copy === undefined ? [] : [copy.buffer];
    this.#thread.send({ kind: 'tensor', tensor: tensor.id, shape, data: copy }, transferred);
    return tensor;
  }

  async compile(graph: Graph): Promise<CompiledGraph> {
    const id = ++this.#lastId;
    await this.#thread.request({ kind: 'compile', compiled: id, graph });
    return new ThreadedCompiledGraph(this.#thread, id, graph);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#thread.ended) return;
    try {
      await this.#thread.request({ kind: 'close' });
    } finally {
      await this.#thread.terminate('The engine was used after it was closed');
    }
  }
}

class ThreadedTensor implements Tensor {
  #disposed = false;

  constructor(
    readonly thread: EngineThread,
    readonly id: number,
    readonly shape: Shape,
  ) {}

  get disposed(): boolean {
    return this.#disposed;
  }

  async read(): Promise<Float32Array> {
    if (this.#disposed) throw new EngineError('A tensor was read after it was disposed of');
    return (await this.thread.request({ kind: 'read', tensor: this.id })) as Float32Array;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.thread.release({ kind: 'disposeTensor', tensor: this.id });
  }
}

class ThreadedCompiledGraph implements CompiledGraph {
  readonly #thread: EngineThread;
  readonly #id: number;
  readonly #graph: Graph;
  #disposed = false;

  constructor(thread: EngineThread, id: number, graph: Graph) {
    this.#thread = thread;
    this.#id = id;
    this.#graph = graph;
  }

  async run(inputs: Tensors, outputs: Tensors): Promise<void> {
    if (this.#disposed) throw new EngineError(`Graph "${this.#graph.name}" was run after it was disposed of`);
    await this.#thread.request({
      kind: 'run',
      compiled: this.#id,
      inputs: this.#ids(this.#graph.inputs, inputs),
      outputs: this.#ids(this.#graph.outputs, outputs),
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#thread.release({ kind: 'disposeGraph', compiled: this.#id });
  }

  #ids(names: ReadonlyMap<string, number>, tensors: Tensors): TensorIds {
    const bound = bind(this.#graph, names, tensors);
    return Object.fromEntries(Array.from(names.keys(), (name, index) => [name, this.#idOf(name, bound[index])]));
  }

  #idOf(name: string, tensor: Tensor | undefined): number {
    if (!(tensor instanceof ThreadedTensor) || tensor.thread !== this.#thread) {
      throw new EngineError(`Graph "${this.#graph.name}" was run with a tensor of another engine for "${name}"`);
    }
    if (tensor.disposed) {
      throw new EngineError(`Graph "${this.#graph.name}" was run with a disposed tensor for "${name}"`);
    }
    return tensor.id;
  }
}

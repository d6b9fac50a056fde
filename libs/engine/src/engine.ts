import type { Graph, Shape } from '@layerline/ops';

/** What decides the bits that an engine computes, besides the graphs it is given. Part of a run's numerics. */
export interface EngineIdentity {
  /** The engine's name on the command line. */
  readonly engine: 'onnx' | 'tfjs';
  /** Version of the library that does the arithmetic. */
  readonly version: string;
  /**
   * How the library is reached or which of its backends computes, e.g. `c-api`, `node`, `tensorflow`, `wasm`, `cpu`.
   */
  readonly backend: string;
  /** The instruction sets by which the library may choose its kernels, e.g. `x64 avx2 avx512f fma`. */
  readonly kernels: string;
}

export interface EngineOptions {
  /** Threads that one operation may use, at least 1. Backends with a single thread ignore it. */
  readonly threads: number;
  /**
   * Whether idle threads may spin for work, which is faster where nothing else needs the cores and slower where
   * several processes share them.
   */
  readonly spinning: boolean;
  /**
   * Runs that may compute at the same time, each with `threads` of its own; further ones wait. Defaults to 1, and is 1
   * for backends that compute in a worker thread.
   */
  readonly concurrency?: number;
}

/**
 * A matrix that lives where its engine computes. It may be an input and an output of the same run, which updates it in
 * place: every operation of the graph reads the numbers from before the run, in whatever order the operations are
 * executed.
 */
export interface Tensor {
  readonly shape: Shape;
  /**
   * The numbers, row-major. What comes back may be a view of the tensor's own memory: it is valid until a run writes
   * the tensor, so copy what has to last longer. Once the tensor is disposed of, what was read before belongs to the
   * caller and is never written again, unless a run has updated the tensor in place: that memory is used again.
   * @throws EngineError when the tensor is disposed of, or its engine closed
   */
  read(): Promise<Float32Array>;
  /** Frees the memory. The tensor must not be used by a run that has not ended. May be called twice. */
  dispose(): void;
}

export type Tensors = Readonly<Record<string, Tensor>>;

/** A graph as its engine runs it. */
export interface CompiledGraph {
  /**
   * Runs the graph once. Does not block the event loop while it computes. Runs may overlap, unless one of them writes a
   * tensor that another one reads or writes.
   * @param inputs a tensor for each input of the graph
   * @param outputs a tensor for each output of the graph, written by the run
   * @throws EngineError when a tensor is missing, has the wrong shape, belongs to another engine or is disposed of,
   * when the compiled graph is disposed of or its engine closed, or when the library fails. Later runs still work
   */
  run(inputs: Tensors, outputs: Tensors): Promise<void>;
  /** Frees the compiled graph, whose runs must have ended. May be called twice. */
  dispose(): void;
}

/** Compiles graphs and runs them over tensors, in single precision. */
export interface Engine {
  readonly identity: EngineIdentity;
  readonly threads: number;
  /**
   * Makes a tensor.
   * @param data row-major numbers, which the engine may use in place: the tensor takes ownership. Defaults to zeros.
   * @throws EngineError when `data` does not have as many numbers as the shape, or the engine is closed
   */
  tensor(shape: Shape, data?: Float32Array): Tensor;
  /** @throws EngineError when the library rejects the graph, or the engine is closed */
  compile(graph: Graph): Promise<CompiledGraph>;
  /** Frees everything, tensors and compiled graphs included. No run may be under way. May be called twice. */
  close(): Promise<void>;
}

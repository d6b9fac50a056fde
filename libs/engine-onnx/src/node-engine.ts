import './no-telemetry.js';
import { createRequire } from 'node:module';
import { bind, cpuKernels, EngineError } from '@layerline/engine';
import type { CompiledGraph, Engine, EngineIdentity, EngineOptions, Tensor, Tensors } from '@layerline/engine';
import { sizeOf } from '@layerline/ops';
import type { Graph, Shape } from '@layerline/ops';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { outputName, toOnnx } from './model.js';

/**
 * ONNX Runtime through onnxruntime-node's own `run`: needs no FFI, but copies every output and blocks the thread that
 * calls it, so it runs in a worker thread.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  return new NodeEngine(options);
}

class NodeEngine implements Engine {
  readonly identity: EngineIdentity;
  readonly threads: number;
  readonly #sessionOptions: InferenceSession.SessionOptions;

  constructor(options: EngineOptions) {
    const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
    this.identity = { engine: 'onnx', version, backend: 'node', kernels: cpuKernels() };
    this.threads = options.threads;
    this.#sessionOptions = {
      intraOpNumThreads: options.threads,
      // As through the C API, so that both give the same bits.
      graphOptimizationLevel: 'basic',
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: options.spinning ? '1' : '0' } } },
    };
  }

  tensor(shape: Shape, data = new Float32Array(sizeOf(shape))): Tensor {
    if (data.length !== sizeOf(shape)) {
      throw new EngineError(`A ${shape.join(' × ')} tensor takes ${sizeOf(shape)} numbers, not ${data.length}`);
    }
    return new NodeTensor(shape, new OrtTensor('float32', data, [...shape]));
  }

  async compile(graph: Graph): Promise<CompiledGraph> {
    return new NodeSession(graph, await InferenceSession.create(toOnnx(graph), this.#sessionOptions));
  }

  async close(): Promise<void> {
    // The worker thread that this engine runs in ends with it, which frees everything.
  }
}

class NodeTensor implements Tensor {
  constructor(
    readonly shape: Shape,
    public value: OrtTensor,
  ) {}

  async read(): Promise<Float32Array> {
    return this.value.data as Float32Array;
  }

  dispose(): void {
    this.value.dispose();
  }
}

class NodeSession implements CompiledGraph {
  constructor(
    readonly graph: Graph,
    readonly session: InferenceSession,
  ) {}

  async run(inputs: Tensors, outputs: Tensors): Promise<void> {
    const sources = bind(this.graph, this.graph.inputs, inputs) as NodeTensor[];
    const targets = bind(this.graph, this.graph.outputs, outputs) as NodeTensor[];
    const names = [...this.graph.inputs.keys()];
    const feeds = Object.fromEntries(sources.map((tensor, index) => [names[index] as string, tensor.value]));
    const results = await this.session.run(feeds);
    [...this.graph.outputs.keys()].forEach((name, index) => {
      (targets[index] as NodeTensor).value = results[outputName(name)] as OrtTensor;
    });
  }

  dispose(): void {
    void this.session.release();
  }
}

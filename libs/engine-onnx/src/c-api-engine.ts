import { cpuKernels, EngineError, EngineUnavailableError } from '@layerline/engine';
import type { CompiledGraph, Engine, EngineIdentity, EngineOptions, Tensor } from '@layerline/engine';
import { sizeOf } from '@layerline/ops';
import type { Graph, Shape } from '@layerline/ops';
import pLimit from 'p-limit';
import type { LimitFunction } from 'p-limit';
import { CApiSession } from './c-api-session.js';
import type { Limit } from './c-api-session.js';
import { CApiTensor } from './c-api-tensor.js';
import { OrtApi } from './c-api.js';
import type { Pointer } from './c-api.js';
import { FusedSession } from './fused/fused-session.js';
import { matricesOf, openKernelSite } from './fused/kernel-site.js';
import type { KernelSite } from './fused/kernel-site.js';
import { splitUpdate } from './fused/split.js';
import type { Split } from './fused/split.js';
import { toOnnx } from './model.js';
import { tileRows, untiled } from './tiling.js';
import type { TiledGraph } from './tiling.js';

/**
 * Leaves out fused kernels, which may write an output while they still read an input that only the first of the fused
 * operations reads: that breaks updates in place. The numbers are the same, bit for bit.
 */
const OPTIMIZE_BASIC = 1;
/** It would fold a transposition back into the product that follows it, see `model.ts`. */
const UNWANTED = 'GemmTransposeFusion';
const LOG_ERRORS = 3;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;

/**
 * Opens ONNX Runtime through its C API: tensors are arrays of our own that the library reads and writes in place, so a
 * step copies and allocates nothing, and runs do not block the event loop.
 * @throws EngineUnavailableError where the shared library or the FFI cannot be loaded
 */
export async function openCApiEngine(options: EngineOptions): Promise<Engine> {
  let api: OrtApi;
  try {
    api = OrtApi.get();
  } catch (error) {
    throw new EngineUnavailableError('onnx (c-api)', (error as Error).message, { cause: error });
  }
  return new CApiEngine(api, options, openHandles(api, options));
}

/**
 * ONNX Runtime keeps one environment per process, with one thread pool that its sessions share. The first engine
 * decides its size; an engine that wants a different number of threads gives its sessions pools of their own.
 */
let environment: { readonly pointer: Pointer; readonly options: EngineOptions } | undefined;

function openEnvironment(api: OrtApi, options: EngineOptions): NonNullable<typeof environment> {
  if (environment !== undefined) return environment;
  const threading = api.create('CreateThreadingOptions');
  api.call('SetGlobalIntraOpNumThreads', threading, options.threads);
  // Operations run one after the other; by default there would be an idle thread for every core.
  api.call('SetGlobalInterOpNumThreads', threading, 1);
  api.call('SetGlobalSpinControl', threading, options.spinning ? 1 : 0);
  const pointer = api.create('CreateEnvWithGlobalThreadPools', LOG_ERRORS, 'layerline', threading);
  api.release('ReleaseThreadingOptions', threading);
  environment = { pointer, options };
  return environment;
}

/** The library's objects that an engine works with. */
interface EngineHandles {
  readonly environment: Pointer;
  readonly sessionOptions: Pointer;
  readonly memoryInfo: Pointer;
}

function openHandles(api: OrtApi, options: EngineOptions): EngineHandles {
  const { pointer, options: pool } = openEnvironment(api, options);
  const sessionOptions = api.create('CreateSessionOptions');
  // Denormals are kept. The library can flush them to zero only on the threads of its pools, not on the one that calls
  // a run, so the bits would depend on which thread computes what.
  api.call('SetSessionGraphOptimizationLevel', sessionOptions, OPTIMIZE_BASIC);
  api.call('AddSessionConfigEntry', sessionOptions, 'optimization.disable_specified_optimizers', UNWANTED);
  if (pool.threads === options.threads && pool.spinning === options.spinning) {
    api.call('DisablePerSessionThreads', sessionOptions);
  } else {
    api.call('SetIntraOpNumThreads', sessionOptions, options.threads);
    const spinning = options.spinning ? '1' : '0';
    api.call('AddSessionConfigEntry', sessionOptions, 'session.intra_op.allow_spinning', spinning);
  }
  const memoryInfo = api.create('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
  return { environment: pointer, sessionOptions, memoryInfo };
}

class CApiEngine implements Engine {
  readonly identity: EngineIdentity;
  readonly threads: number;
  readonly concurrency: number;
  readonly #api: OrtApi;
  readonly #handles: EngineHandles;
  /** Limits how many runs compute at the same time. */
  readonly #limit: LimitFunction;
  readonly #open = new Set<CApiTensor | CApiSession>();
  /** Opened for the first kernel; `refused` where there are too few addresses. */
  #site: KernelSite | 'refused' | undefined;
  #closed = false;

  constructor(api: OrtApi, options: EngineOptions, handles: EngineHandles) {
    this.identity = { engine: 'onnx', version: api.version, backend: 'c-api', kernels: cpuKernels() };
    this.threads = options.threads;
    this.concurrency = options.concurrency ?? 1;
    this.#limit = pLimit(this.concurrency);
    this.#api = api;
    this.#handles = handles;
  }

  tensor(shape: Shape, data?: Float32Array): Tensor {
    this.#assertOpen();
    if (data !== undefined && data.length !== sizeOf(shape)) {
      throw new EngineError(`A ${shape.join(' × ')} tensor takes ${sizeOf(shape)} numbers, not ${data.length}`);
    }
    return this.#tensor(shape, data);
  }

  async compile(graph: Graph): Promise<CompiledGraph> {
    this.#assertOpen();
    const split = splitUpdate(graph);
    const site = split && this.#siteFor(split);
    if (split === undefined || site === undefined) return this.#compile(graph, tileRows(graph), this.#limit);
    const session = this.#compile(split.rest, untiled(split.rest), (work) => work());
    return FusedSession.create({ graph, split, session, site, limit: this.#limit }, (shape) => this.#tensor(shape));
  }

  #compile(graph: Graph, tiled: TiledGraph, limit: Limit): CApiSession {
    const model = toOnnx(tiled.graph);
    const source = [this.#handles.environment, model, model.length] as const;
    const session = this.#api.create('CreateSessionFromArray', ...source, this.#handles.sessionOptions);
    return this.#track(new CApiSession(this.#api, graph, tiled, session, limit));
  }

  /** Where a kernel computes, or undefined where there is no room for its matrices. */
  #siteFor({ kernel }: Split): KernelSite | undefined {
    this.#site ??= openKernelSite(this.threads, this.concurrency) ?? 'refused';
    if (this.#site === 'refused') return undefined;
    return this.#site.memory.reserve(matricesOf(kernel), sizeOf(kernel.shape)) ? this.#site : undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const resource of this.#open) resource.dispose();
    if (this.#site !== 'refused') await this.#site?.threads.close();
    this.#api.release('ReleaseSessionOptions', this.#handles.sessionOptions);
    this.#api.release('ReleaseMemoryInfo', this.#handles.memoryInfo);
  }

  #tensor(shape: Shape, data: Float32Array = new Float32Array(sizeOf(shape))): CApiTensor {
    return this.#track(new CApiTensor(this.#api, this.#handles.memoryInfo, shape, data));
  }

  #track<Resource extends CApiTensor | CApiSession>(resource: Resource): Resource {
    this.#open.add(resource);
    resource.onDispose = () => this.#open.delete(resource);
    return resource;
  }

  #assertOpen(): void {
    if (this.#closed) throw new EngineError('The onnx engine was used after it was closed');
  }
}

import './no-telemetry.js';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EngineError } from '@layerline/engine';
import koffi from 'koffi';
import type { KoffiFunc, LibraryHandle } from 'koffi';

/** A pointer into the library's memory; 0n or null is the null pointer. */
export type Pointer = bigint;

/** The version of the `OrtApi` table to request. The table only ever grows, so an older version stays valid. */
const API_VERSION = 17;

const STATUS = 'void *';
/** A parameter through which the function returns a pointer. */
const OUT = 'out';

/** Index in `struct OrtApi` (onnxruntime_c_api.h), result and parameters of each function that is used. */
const FUNCTIONS = {
  GetErrorMessage: [2, 'const char *', ['void *']],
  Run: [9, STATUS, ['void *', 'void *', 'void *', 'void *', 'size_t', 'void *', 'size_t', 'void *']],
  CreateSessionFromArray: [8, STATUS, ['void *', 'void *', 'size_t', 'void *', OUT]],
  CreateSessionOptions: [10, STATUS, [OUT]],
  SetSessionGraphOptimizationLevel: [23, STATUS, ['void *', 'int']],
  SetIntraOpNumThreads: [24, STATUS, ['void *', 'int']],
  CreateTensorWithDataAsOrtValue: [49, STATUS, ['void *', 'void *', 'size_t', 'void *', 'size_t', 'int', OUT]],
  CreateCpuMemoryInfo: [69, STATUS, ['int', 'int', OUT]],
  ReleaseStatus: [93, 'void', ['void *']],
  ReleaseMemoryInfo: [94, 'void', ['void *']],
  ReleaseSession: [95, 'void', ['void *']],
  ReleaseValue: [96, 'void', ['void *']],
  ReleaseSessionOptions: [100, 'void', ['void *']],
  CreateEnvWithGlobalThreadPools: [119, STATUS, ['int', 'str', 'void *', OUT]],
  DisablePerSessionThreads: [120, STATUS, ['void *']],
  CreateThreadingOptions: [121, STATUS, [OUT]],
  ReleaseThreadingOptions: [122, 'void', ['void *']],
  AddSessionConfigEntry: [130, STATUS, ['void *', 'str', 'str']],
  SetGlobalIntraOpNumThreads: [147, STATUS, ['void *', 'int']],
  SetGlobalInterOpNumThreads: [148, STATUS, ['void *', 'int']],
  SetGlobalSpinControl: [149, STATUS, ['void *', 'int']],
} as const;

type FunctionName = keyof typeof FUNCTIONS;
type OrtFunction = KoffiFunc<(...parameters: Argument[]) => unknown>;
type Argument = Pointer | ArrayBufferView | number | string | null | (Pointer | null)[];

/**
 * ONNX Runtime's C API, called in the shared library that comes with onnxruntime-node. There is one object per process,
 * which keeps the library: koffi unloads one that is garbage-collected, and the next call would crash.
 */
export class OrtApi {
  static #instance: OrtApi | undefined;
  /** Arguments of calls under way, kept from being garbage-collected. */
  readonly #pinned = new Set<readonly Argument[]>();
  readonly #functions: ReadonlyMap<FunctionName, OrtFunction>;

  private constructor(
    readonly library: LibraryHandle,
    readonly version: string,
    functions: ReadonlyMap<FunctionName, OrtFunction>,
  ) {
    this.#functions = functions;
  }

  /** @throws Error when the library cannot be loaded on this machine */
  static get(): OrtApi {
    OrtApi.#instance ??= OrtApi.#load(libraryPath());
    return OrtApi.#instance;
  }

  static #load(path: string): OrtApi {
    const library = koffi.load(path);
    const base = library.func('OrtGetApiBase', 'void *', [])() as Pointer;
    const getApi = koffi.decode(base, 0, 'void *') as Pointer;
    const getVersion = koffi.decode(base, koffi.sizeof('void *'), 'void *') as Pointer;
    const version = koffi.call(getVersion, koffi.proto('const char *', [])) as string;
    const table = koffi.call(getApi, koffi.proto('void *', ['uint32_t']), API_VERSION) as Pointer | null;
    if (!table) throw new Error(`ONNX Runtime ${version} does not offer version ${API_VERSION} of its C API`);
    const functions = new Map<FunctionName, OrtFunction>();
    for (const [name, [index, result, parameters]] of Object.entries(FUNCTIONS)) {
      const address = koffi.decode(table, index * koffi.sizeof('void *'), 'void *') as Pointer;
      const types = parameters.map((type) => (type === OUT ? koffi.out(koffi.pointer('void *')) : type));
      const prototype = koffi.proto(result, types);
      functions.set(name as FunctionName, koffi.decode(address, prototype) as OrtFunction);
    }
    return new OrtApi(library, version, functions);
  }

  /** Calls a function that returns a status. @throws EngineError with the library's own message */
  call(name: FunctionName, ...parameters: Argument[]): void {
    this.#check(name, this.#function(name)(...parameters));
  }

  /** Calls a function that returns a new object through its last parameter. */
  create(name: FunctionName, ...parameters: Argument[]): Pointer {
    const out: (Pointer | null)[] = [null];
    this.call(name, ...parameters, out);
    return out[0] as Pointer;
  }

  /**
   * Calls a function on one of libuv's threads, without blocking the event loop. Arrays among the parameters stay
   * referenced until it returns.
   */
  callAsync(name: FunctionName, ...parameters: Argument[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pinned.add(parameters);
      this.#function(name).async(...parameters, (error: Error | null, status: unknown) => {
        this.#pinned.delete(parameters);
        try {
          if (error) throw error;
          this.#check(name, status);
          resolve();
        } catch (failure) {
          reject(failure instanceof Error ? failure : new EngineError(String(failure)));
        }
      });
    });
  }

  release(name: FunctionName & `Release${string}`, object: Pointer): void {
    this.#function(name)(object);
  }

  #function(name: FunctionName): OrtFunction {
    return this.#functions.get(name) as OrtFunction;
  }

  #check(name: FunctionName, status: unknown): void {
    if (typeof status !== 'bigint' || status === 0n) return;
    const message = this.#function('GetErrorMessage')(status) as string;
    this.release('ReleaseStatus', status);
    throw new EngineError(`ONNX Runtime's ${name} failed: ${message}`);
  }
}

/** Where onnxruntime-node keeps the shared library for this platform. */
function libraryPath(): string {
  const file = { linux: 'libonnxruntime.so.1', darwin: 'libonnxruntime.dylib', win32: 'onnxruntime.dll' } as const;
  const platform = process.platform as keyof typeof file;
  if (!(platform in file)) throw new Error(`onnxruntime-node has no library for ${process.platform}`);
  const packageRoot = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  return join(packageRoot, 'bin', 'napi-v6', platform, process.arch, file[platform]);
}

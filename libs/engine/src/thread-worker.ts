/** The thread behind {@link openThreaded}: opens an engine and handles commands, one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CompiledGraph, Engine, EngineOptions, Tensor } from './engine.js';
import { EngineError } from './errors.js';
import { plainError } from './thread-messages.js';
import type { Command, Reply, Request, TensorIds, ThreadData } from './thread-messages.js';

interface EngineModule {
  openEngine(options: EngineOptions, extra: unknown): Promise<Engine>;
}

/** What each id stands for, or why it could not be made, which is thrown when it is used. */
type Resources<T> = ReadonlyMap<number, T | EngineError>;

const tensors = new Map<number, Tensor | EngineError>();
const graphs = new Map<number, CompiledGraph>();

function reply(message: Reply): void {
  // The numbers of a reply are a copy made for it, so they can be transferred.
  const transferred = message.kind === 'done' && message.data !== undefined ? [message.data.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(message, transferred);
}

function find<T>(resources: Resources<T>, id: number): T {
  const found = resources.get(id) ?? new EngineError('A tensor or compiled graph was used after it was disposed of');
  if (found instanceof EngineError) throw found;
  return found;
}

function findAll(ids: TensorIds): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, find(tensors, id)]));
}

async function respond(engine: Engine, request: Request): Promise<Float32Array | undefined> {
  switch (request.kind) {
    case 'compile':
      graphs.set(request.compiled, await engine.compile(request.graph));
      return undefined;
    case 'run':
      await find(graphs, request.compiled).run(findAll(request.inputs), findAll(request.outputs));
      return undefined;
    case 'read':
      return new Float32Array(await find(tensors, request.tensor).read());
    case 'close':
      await engine.close();
      return undefined;
  }
}

function makeTensor(engine: Engine, { tensor, shape, data }: Extract<Command, { kind: 'tensor' }>): void {
  try {
    tensors.set(tensor, engine.tensor(shape, data));
  } catch (error) {
    tensors.set(tensor, new EngineError(plainError(error).message, { cause: error }));
  }
}

async function handle(engine: Engine, command: Command): Promise<void> {
  switch (command.kind) {
    case 'tensor':
      makeTensor(engine, command);
      break;
    case 'disposeTensor': {
      const tensor = tensors.get(command.tensor);
      tensors.delete(command.tensor);
      if (tensor !== undefined && !(tensor instanceof EngineError)) tensor.dispose();
      break;
    }
    case 'disposeGraph':
      graphs.get(command.compiled)?.dispose();
      graphs.delete(command.compiled);
      break;
    case 'request':
      try {
        reply({ kind: 'done', id: command.id, data: await respond(engine, command.request) });
      } catch (error) {
        reply({ kind: 'failed', id: command.id, error: plainError(error) });
      }
  }
}

// Standard output belongs to the process; what a library prints goes to standard error. (The worker's own option `stdout`
// would do, but keeps a process alive for ever once the worker is unreferenced: seen with Node 20 and 26.)
process.stdout.write = process.stderr.write.bind(process.stderr);

const { module, options, extra } = workerData as ThreadData;
try {
  const library = (await import(module)) as EngineModule;
  const engine = await library.openEngine(options, extra);
  let queue = Promise.resolve();
  parentPort?.on('message', (command: Command) => {
    queue = queue.then(() => handle(engine, command));
  });
  reply({ kind: 'opened', identity: engine.identity, threads: engine.threads });
} catch (error) {
  reply({ kind: 'openFailed', error: plainError(error) });
}

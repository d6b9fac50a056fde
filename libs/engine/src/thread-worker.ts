/** The thread behind {@link openThreaded}: opens an engine and carries out orders, one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CompiledGraph, Engine, EngineOptions, Tensor } from './engine.js';
import { EngineError } from './errors.js';
import { plainError } from './thread-messages.js';
import type { Answer, Call, Order, TensorIds, ThreadData } from './thread-messages.js';

interface EngineModule {
  openEngine(options: EngineOptions, extra: unknown): Promise<Engine>;
}

/** What an id stands for, or the error that making it ended in, which its uses meet. */
type Made<T> = ReadonlyMap<number, T | EngineError>;

const tensors = new Map<number, Tensor | EngineError>();
const graphs = new Map<number, CompiledGraph>();

function answer(message: Answer): void {
  // The numbers of an answer are a copy made for it, so they can move.
  const moved = message.kind === 'done' && message.data !== undefined ? [message.data.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(message, moved);
}

function find<T>(made: Made<T>, id: number): T {
  const found = made.get(id) ?? new EngineError('A tensor or compiled graph was used after it was disposed of');
  if (found instanceof EngineError) throw found;
  return found;
}

function findAll(ids: TensorIds): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, find(tensors, id)]));
}

async function carryOut(engine: Engine, call: Call): Promise<Float32Array | undefined> {
  switch (call.kind) {
    case 'compile':
      graphs.set(call.compiled, await engine.compile(call.graph));
      return undefined;
    case 'run':
      await find(graphs, call.compiled).run(findAll(call.inputs), findAll(call.outputs));
      return undefined;
    case 'read':
      return new Float32Array(await find(tensors, call.tensor).read());
    case 'close':
      await engine.close();
      return undefined;
  }
}

function makeTensor(engine: Engine, { tensor, shape, data }: Extract<Order, { kind: 'tensor' }>): void {
  try {
    tensors.set(tensor, engine.tensor(shape, data));
  } catch (error) {
    tensors.set(tensor, new EngineError(plainError(error).message, { cause: error }));
  }
}

async function obey(engine: Engine, order: Order): Promise<void> {
  switch (order.kind) {
    case 'tensor':
      makeTensor(engine, order);
      break;
    case 'disposeTensor': {
      const tensor = tensors.get(order.tensor);
      tensors.delete(order.tensor);
      if (tensor !== undefined && !(tensor instanceof EngineError)) tensor.dispose();
      break;
    }
    case 'disposeGraph':
      graphs.get(order.compiled)?.dispose();
      graphs.delete(order.compiled);
      break;
    case 'call':
      try {
        answer({ kind: 'done', number: order.number, data: await carryOut(engine, order.call) });
      } catch (error) {
        answer({ kind: 'failed', number: order.number, error: plainError(error) });
      }
  }
}

// Standard output belongs to the process; what a library has to say goes to standard error. (The worker's own option
// `stdout` would do, but keeps a process busy for ever once the worker is unreferenced: seen with Node 20 and 26.)
process.stdout.write = process.stderr.write.bind(process.stderr);

const { module, options, extra } = workerData as ThreadData;
try {
  const library = (await import(module)) as EngineModule;
  const engine = await library.openEngine(options, extra);
  let last = Promise.resolve();
  parentPort?.on('message', (order: Order) => {
    last = last.then(() => obey(engine, order));
  });
  answer({ kind: 'open', identity: engine.identity, threads: engine.threads });
} catch (error) {
  answer({ kind: 'unopened', error: plainError(error) });
}

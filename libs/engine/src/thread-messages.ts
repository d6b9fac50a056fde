import type { Graph, Shape } from '@layerline/ops';
import type { EngineIdentity, EngineOptions } from './engine.js';
import { EngineError, EngineUnavailableError } from './errors.js';

/** What a thread is started with. */
export interface ThreadData {
  /** URL of the module whose `openEngine` opens the engine. */
  readonly module: string;
  readonly options: EngineOptions;
  readonly extra: unknown;
}

/** Ids of tensors, by their names in a graph. */
export type TensorIds = Readonly<Record<string, number>>;

/** A command that the thread replies to. */
export type Request =
  | { readonly kind: 'compile'; readonly compiled: number; readonly graph: Graph }
  | { readonly kind: 'run'; readonly compiled: number; readonly inputs: TensorIds; readonly outputs: TensorIds }
  | { readonly kind: 'read'; readonly tensor: number }
  | { readonly kind: 'close' };

/** A message to the thread, which handles them one at a time, in order. */
export type Command =
  | { readonly kind: 'tensor'; readonly tensor: number; readonly shape: Shape; readonly data: Float32Array | undefined }
  | { readonly kind: 'disposeTensor'; readonly tensor: number }
  | { readonly kind: 'disposeGraph'; readonly compiled: number }
  | { readonly kind: 'request'; readonly id: number; readonly request: Request };

/** A message from the thread: first that its engine is open, or why it is not; then a reply to each request. */
export type Reply =
  | { readonly kind: 'opened'; readonly identity: EngineIdentity; readonly threads: number }
  | { readonly kind: 'openFailed'; readonly error: PlainError }
  | { readonly kind: 'done'; readonly id: number; readonly data: Float32Array | undefined }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError };

/** An error as it crosses between threads, which would strip it of its class. */
export interface PlainError {
  readonly message: string;
  readonly stack: string | undefined;
  /** For an {@link EngineUnavailableError}: which engine, and why. */
  readonly unavailable: { readonly engine: string; readonly reason: string } | undefined;
}

export function plainError(error: unknown): PlainError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const unavailable =
    error instanceof EngineUnavailableError ? { engine: error.engine, reason: error.reason } : undefined;
  return { message, stack, unavailable };
}

/** The error that {@link plainError} took apart; its cause carries the stack from inside the thread. */
export function typedError({ message, stack, unavailable }: PlainError): EngineError | EngineUnavailableError {
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  return unavailable === undefined
    ? new EngineError(message, { cause })
    : new EngineUnavailableError(unavailable.engine, unavailable.reason, { cause });
}

import { EventEmitter } from 'node:events';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** What shells see of a program that SIGPIPE has ended: 128 and its number. */
const BROKEN_PIPE = 141;

/** Says `lost` when what the command prints has no reader any more. */
const output = new EventEmitter<{ lost: [] }>();

/**
 * Has the command end as if by SIGPIPE once nobody reads what it prints, as in `layerline runs | head -1`: at once, or in
 * order where it follows interruptions. Node itself ignores that signal, for the sake of sockets. Where what it prints
 * cannot be written for another reason, such as a full disk, the command goes on, and fails at its end.
 */
export function followOutput(): void {
  const lost = new Set<string | undefined>();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      // A terminal that is gone (EIO) has sent SIGHUP as well.
      if (code === 'EIO' || lost.has(code)) return;
      lost.add(code);
      if (code === 'EPIPE') {
        if (!output.emit('lost')) process.exit(BROKEN_PIPE);
        return;
      }
      process.stderr.write(`layerline: not all could be printed: ${message}\n`);
      process.once('exit', () => (process.exitCode ||= 1));
    });
  }
}

/** The user wants to stop. Carries the exit code that shells expect after the signal (128 + its number). */
export class InterruptedError extends Error {
  readonly code = 'ERR_INTERRUPTED';

  constructor(readonly exitCode: number) {
    super('Stopped');
    this.name = 'InterruptedError';
  }
}

/** Follows Ctrl-C and its like: the first one asks for an orderly stop, the second one for a stop at once. */
export class Interruption {
  readonly #abort = new AbortController();
  #exitCode: number | undefined;
  #handlers: { readonly stop: () => void; readonly abort: () => void } | undefined;
  readonly #listeners = Object.entries(SIGNALS).map(([signal, code]) => {
    const listener = (): void => this.#receive(code);
    process.on(signal, listener);
    return { signal, listener };
  });

  readonly #lost = (): void => {
    // After a signal it is no second one: the reader may have got the same.
    if (this.#exitCode === undefined) this.#receive(BROKEN_PIPE);
  };

  constructor() {
    output.on('lost', this.#lost);
  }

  /** Aborted by the first signal; for work that can simply be dropped. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The exit code that belongs to the first signal, when there was one. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** From here on, signals are told to `handlers`. */
  handle(handlers: { readonly stop: () => void; readonly abort: () => void }): void {
    this.#handlers = handlers;
    if (this.#exitCode !== undefined) handlers.stop();
  }

  close(): void {
    output.off('lost', this.#lost);
    for (const { signal, listener } of this.#listeners) process.off(signal, listener);
  }

  #receive(code: number): void {
    if (this.#exitCode === undefined) {
      this.#exitCode = code;
      this.#abort.abort(new InterruptedError(code));
      this.#handlers?.stop();
      return;
    }
    this.#handlers?.abort();
    process.exit(code);
  }
}

/** Waits for Ctrl-C or its like. @returns the exit code that belongs to it */
export async function untilInterrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => resolve(code));
    output.once('lost', () => resolve(BROKEN_PIPE));
  });
}

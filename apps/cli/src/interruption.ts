const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

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
  });
}

import { EventEmitter } from 'node:events';
import { onLauncherGone } from './launcher.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** The exit code that shells report for a program killed by SIGPIPE: 128 + its number. */
const BROKEN_PIPE = 141;
/**
 * Signals that come closer together than this are one: a terminal sends Ctrl-C to this process and to npm, which passes it on, and
 * nobody presses a key twice as fast.
 */
const ONE_PRESS_MS = 200;

/** Emits `lost` when nobody reads what the command prints any more. */
const output = new EventEmitter<{ lost: [] }>();

/**
 * Ends the command as if by SIGPIPE once nobody reads what it prints, as in `layerline runs | head -1`: at once, or in an
 * orderly way if it handles interruptions. Node.js itself ignores that signal, for the sake of sockets. If the output cannot
 * be written for another reason, such as a full disk, the command goes on, and fails at the end.
 */
export function followOutput(): void {
  const lost = new Set<string | undefined>();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      // A terminal that is gone (EIO) has also sent SIGHUP.
      if (code === 'EIO' || lost.has(code)) return;
      lost.add(code);
      if (code === 'EPIPE') {
        if (!output.emit('lost')) process.exit(BROKEN_PIPE);
        return;
      }
      process.stderr.write(`layerline: some output could not be printed: ${message}\n`);
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

/**
 * Handles Ctrl-C and the like between `start()` and `stop()`: the first asks for an orderly stop, the second for an
 * immediate one.
 */
export class Interruption {
  readonly #abort = new AbortController();
  #exitCode: number | undefined;
  /** By the monotonic clock. */
  #receivedAt = -Infinity;
  #unwatch: () => void = () => undefined;
  #handlers: { readonly stop: () => void; readonly abort: () => void } | undefined;
  readonly #listeners = Object.entries(SIGNALS).map(([signal, code]) => {
    return { signal, listener: (): void => this.#receive(code) };
  });

  readonly #lost = (): void => {
    // After a signal this does not count as a second one: the reader may have received the same signal.
    if (this.#exitCode === undefined) this.#receive(BROKEN_PIPE);
  };

  start(): void {
    output.on('lost', this.#lost);
    for (const { signal, listener } of this.#listeners) process.on(signal, listener);
    this.#unwatch = onLauncherGone(() => this.#gone());
  }

  /** Aborted by the first interruption; for work that can simply be dropped. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The exit code for the first interruption, if there was one. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** From now on, interruptions are passed to `handlers`: `stop` at once if there already was one. */
  handle(handlers: { readonly stop: () => void; readonly abort: () => void }): void {
    this.#handlers = handlers;
    if (this.#exitCode !== undefined) handlers.stop();
  }

  stop(): void {
    this.#unwatch();
    output.off('lost', this.#lost);
    for (const { signal, listener } of this.#listeners) process.off(signal, listener);
  }

  /** Whoever has started this has gone away: as if it had passed its end on. */
  #gone(): void {
    if (this.#exitCode === undefined) this.#receive(SIGNALS.SIGTERM);
  }

  #receive(code: number): void {
    const now = performance.now();
    const isSame = now - this.#receivedAt < ONE_PRESS_MS;
    this.#receivedAt = now;
    if (isSame) return;
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

/** Waits for Ctrl-C or the like. @returns the exit code for it */
export async function untilInterrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => resolve(code));
    output.once('lost', () => resolve(BROKEN_PIPE));
    onLauncherGone(() => resolve(SIGNALS.SIGTERM));
  });
}

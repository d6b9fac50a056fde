import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parse, stageEvent } from '@layerline/protocol';
import type { Assignment, StageEvent, StageInstruction, StageOrder } from '@layerline/protocol';
import { programOf } from './programs.js';

/**
 * A stage computes on one thread of Node's pool at a time, and with one it stays on its core. By default there are four,
 * which take turns: Linux then wakes one that has last run on a core that is busy now, while another is idle.
 */
const POOL = { UV_THREADPOOL_SIZE: '1' } as const;

/** Lines of a stage's standard error that are kept for the message about its death. */
const TAIL_LINES = 10;
const TAIL_LINE_LENGTH = 500;

export interface StageExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly tail: readonly string[];
}

/** A stage in a process of its own, watched over the channel that Node.js gives to child processes. */
export class StageChild {
  readonly #process: ChildProcess;
  readonly #tail: string[] = [];

  /** Starts the process. @throws the operating system's error where it cannot be started */
  constructor(
    readonly assignment: Assignment,
    handlers: {
      readonly event: (event: StageEvent) => void;
      readonly line: (line: string) => void;
      /** Called once, when the process has ended and everything it said has been passed on. */
      readonly exited: (exit: StageExit) => void;
    },
  ) {
    this.#process = fork(programOf(assignment.role), {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...POOL },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on('line', (line) => {
        this.#tail.push(line.slice(0, TAIL_LINE_LENGTH));
        if (this.#tail.length > TAIL_LINES) this.#tail.shift();
        handlers.line(line);
      });
    }
    this.#process.on('message', (raw) => handlers.event(parse(stageEvent, raw)));
    this.#process.on('error', (error) => this.#tail.push(error.message));
    this.#process.on('close', (code, signal) => handlers.exited({ code, signal, tail: this.#tail }));
    this.#tell({ type: 'assign', assignment });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  order(order: StageOrder): void {
    this.#tell({ type: 'order', order });
  }

  /** Ends the process at once. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #tell(instruction: StageInstruction): void {
    // A process that has just died cannot be told anything; its exit is on its way.
    if (this.#process.connected) this.#process.send(instruction, () => undefined);
  }
}

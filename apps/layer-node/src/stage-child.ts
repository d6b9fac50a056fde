import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parse, stageEvent } from '@layerline/protocol';
import type { Assignment, Site, StageEvent, StageInstruction, StageOrder } from '@layerline/protocol';
import { programOf } from './programs.js';

/**
 * A stage computes on one thread of Node's pool at a time, and with one it stays on its core. By default there are four,
 * which take turns: Linux then wakes one that has last run on a core that is busy now, while another is idle.
 */
const POOL = { UV_THREADPOOL_SIZE: '1' } as const;

/** Lines of a stage's standard error that are kept for the message about its death. */
const TAIL_LINES = 10;
const TAIL_LINE_LENGTH = 500;

const PING_INTERVAL_MS = 1_000;
/**
 * A stage that leaves so many pings unanswered is hung, and is ended. Its event loop is never held for longer than it
 * takes to read a data set, whatever its engine computes.
 */
const PATIENCE = 10;

export interface StageExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly tail: readonly string[];
}

/** A stage in a process of its own, watched over the channel that Node.js gives to child processes. */
export class StageChild {
  readonly #process: ChildProcess;
  readonly #tail: string[] = [];
  readonly #pings: NodeJS.Timeout;
  /** Pings since the last sign of life. */
  #silence = 0;

  /** Starts the process. @throws the operating system's error where it cannot be started */
  constructor(
    readonly assignment: Assignment,
    readonly site: Site,
    readonly handlers: {
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
      if (stream !== null) createInterface(stream).on('line', (line) => this.#line(line));
    }
    this.#pings = setInterval(() => this.#ping(), PING_INTERVAL_MS);
    this.#process.on('message', (raw) => this.#hear(raw));
    this.#process.on('error', (error) => this.#line(error.message));
    this.#process.on('close', (code, signal) => {
      clearInterval(this.#pings);
      handlers.exited({ code, signal, tail: this.#tail });
    });
    this.#tell({ type: 'assign', assignment, site });
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

  #hear(raw: unknown): void {
    this.#silence = 0;
    const event = parse(stageEvent, raw);
    if (event.type !== 'pong') this.handlers.event(event);
  }

  #line(line: string): void {
    this.#tail.push(line.slice(0, TAIL_LINE_LENGTH));
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.handlers.line(line);
  }

  /** Counted by turns of the timer, not by the clock: a node that was held up itself must not blame its stages. */
  #ping(): void {
    if (this.#silence++ < PATIENCE) return this.#tell({ type: 'ping' });
    this.#line(`${this.assignment.stage} has left ${PATIENCE} pings without an answer: its node ends it`);
    this.kill();
  }

  #tell(instruction: StageInstruction): void {
    // A process that has just died cannot be told anything; its exit is on its way.
    if (this.#process.connected) this.#process.send(instruction, () => undefined);
  }
}

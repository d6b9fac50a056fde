import { parse, PROGRAM_EVENT_BURST, PROGRAM_EVENT_RATE, stageEvent, TokenBucket } from '@layerline/protocol';
import type { Assignment, Site, StageEvent, StageOrder } from '@layerline/protocol';
import { eachLine } from './lines.js';
import type { Programs } from './programs.js';
import { startStage } from './stage-transport.js';
import type { StageTransport } from './stage-transport.js';
import { ThrottledLines } from './throttled-lines.js';

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

/** Characters of a line of its log that are read. */
const LOG_LINE_LENGTH = 10_000;

/** A stage in a process of its own, started and watched. */
export class StageChild {
  readonly #transport: StageTransport;
  readonly #tail: string[] = [];
  readonly #pings: NodeJS.Timeout;
  readonly #lines: ThrottledLines;
  readonly #events = new TokenBucket(PROGRAM_EVENT_RATE, PROGRAM_EVENT_BURST);
  /** It has been ended for what it did; what it still says does not count. */
  #isEnded = false;
  /** Pings since the last sign of life. */
  #silence = 0;

  /**
   * Starts the process.
   * @param allowance for lines of its log @throws UnknownProgramError where the node does not have the assignment's program
   */
  constructor(
    readonly assignment: Assignment,
    readonly site: Site,
    programs: Programs,
    allowance: Pick<TokenBucket, 'take'>,
    readonly handlers: {
      readonly event: (event: StageEvent) => void;
      readonly line: (line: string) => void;
      /** Called once, when the process has ended and everything it said has been passed on. */
      readonly exited: (exit: StageExit) => void;
    },
  ) {
    this.#lines = new ThrottledLines(allowance, handlers.line);
    this.#transport = startStage(assignment, programs);
    const { process, logs } = this.#transport;
    for (const stream of logs) eachLine(stream, LOG_LINE_LENGTH, (line) => this.#line(line));
    this.#pings = setInterval(() => this.#ping(), PING_INTERVAL_MS);
    this.#transport.listen((raw) => this.#hear(raw));
    process.on('error', (error) => this.#line(error.message));
    process.on('close', (code, signal) => {
      clearInterval(this.#pings);
      this.#lines.end();
      handlers.exited({ code, signal, tail: this.#tail });
    });
    this.#transport.send({ type: 'assign', assignment, site });
  }

  get pid(): number | undefined {
    return this.#transport.process.pid;
  }

  order(order: StageOrder): void {
    this.#transport.send({ type: 'order', order });
  }

  /** Ends the process at once. */
  kill(): void {
    this.#transport.process.kill('SIGKILL');
  }

  #hear(raw: unknown): void {
    if (this.#isEnded) return;
    this.#silence = 0;
    let event: StageEvent;
    try {
      event = parse(stageEvent, raw);
    } catch (error) {
      return this.#end(`does not speak as a stage does, and is ended: ${(error as Error).message}`);
    }
    if (event.type === 'pong') return;
    if (this.assignment.program !== undefined && !this.#events.take()) {
      return this.#end(`tells more than ${PROGRAM_EVENT_RATE} events a second, and is ended`);
    }
    this.handlers.event(event);
  }

  #line(line: string): void {
    this.#tail.push(line.slice(0, TAIL_LINE_LENGTH));
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#lines.line(line);
  }

  /** @param why in a sentence that begins after the stage's name */
  #end(why: string): void {
    this.#isEnded = true;
    this.#line(`${this.assignment.stage} ${why}`);
    this.kill();
  }

  /** Counted by turns of the timer, not by the clock: a node that was held up itself must not blame its stages. */
  #ping(): void {
    if (this.#silence++ < PATIENCE) return this.#transport.send({ type: 'ping' });
    this.#end(`has left ${PATIENCE} pings without an answer: its node ends it`);
  }
}

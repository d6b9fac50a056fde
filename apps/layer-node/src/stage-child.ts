import {
  Heartbeat,
  MAX_EVENT_BYTES,
  parse,
  PROGRAM_EVENT_BURST,
  PROGRAM_EVENT_RATE,
  requirePassable,
  STAGE_EVENT_BURST,
  STAGE_EVENT_RATE,
  stageEvent,
  TokenBucket,
} from '@layerline/protocol';
import type { Assignment, Site, StageEvent, StageOrder } from '@layerline/protocol';
import { eachLine } from './lines.js';
import type { Programs } from './programs.js';
import { startStage } from './stage-transport.js';
import type { StageTransport } from './stage-transport.js';
import { ThrottledLines } from './throttled-lines.js';

/** Lines of a stage's standard error that are kept for the message about its death. */
const TAIL_LINES = 10;
const TAIL_LINE_LENGTH = 500;
/** Characters of a line of its log that are read. */
const LOG_LINE_LENGTH = 10_000;

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

export interface StageChildOptions {
  readonly assignment: Assignment;
  readonly site: Site;
  readonly programs: Programs;
  /** For lines of its log. */
  readonly allowance: Pick<TokenBucket, 'take'>;
  /** Called with each event, which is sure to fit into a control message. */
  readonly event: (event: StageEvent) => void;
  readonly line: (line: string) => void;
  /** Called once, when the process has ended and everything it said has been passed on. */
  readonly exited: (exit: StageExit) => void;
}

/**
 * A stage in a process of its own, watched. Whatever it says that its node could not pass on (it is malformed, too long, too
 * deep, too much) ends it, and it alone, with the reason as the last line of its log.
 */
export class StageChild {
  readonly #tail: string[] = [];
  readonly #heartbeat: Heartbeat;
  readonly #lines: ThrottledLines;
  readonly #events: TokenBucket;
  #transport: StageTransport | undefined;
  /** It has been ended for what it did; what it still says does not count. */
  #isEnded = false;

  constructor(readonly options: StageChildOptions) {
    this.#lines = new ThrottledLines(options.allowance, options.line);
    this.#heartbeat = new Heartbeat({
      intervalMs: PING_INTERVAL_MS,
      patience: PATIENCE,
      ping: () => this.#transport?.send({ type: 'ping' }),
      lost: () => this.#end(`has left ${PATIENCE} pings without an answer: its node ends it`),
    });
    this.#events = this.#isForeign
      ? new TokenBucket(PROGRAM_EVENT_RATE, PROGRAM_EVENT_BURST)
      : new TokenBucket(STAGE_EVENT_RATE, STAGE_EVENT_BURST);
  }

  /** Starts the process. @throws UnknownProgramError where the node does not have the assignment's program */
  start(): void {
    const { assignment, site, programs } = this.options;
    const transport = startStage(assignment, programs);
    this.#transport = transport;
    for (const stream of transport.logs) eachLine(stream, LOG_LINE_LENGTH, (line) => this.#line(line));
    transport.listen((raw) => this.#handle(raw));
    transport.process.on('error', (error) => this.#line(error.message));
    transport.process.on('close', (code, signal) => {
      this.#heartbeat.stop();
      this.#lines.end();
      this.options.exited({ code, signal, tail: this.#tail });
    });
    this.#heartbeat.start();
    transport.send({ type: 'assign', assignment, site });
  }

  /** Undefined where there is no process, as when a program cannot be started. */
  get pid(): number | undefined {
    return this.#transport?.process.pid;
  }

  order(order: StageOrder): void {
    this.#transport?.send({ type: 'order', order });
  }

  /** Ends the process at once. */
  stop(): void {
    this.#transport?.process.kill('SIGKILL');
  }

  get #isForeign(): boolean {
    return this.options.assignment.program !== undefined;
  }

  #handle(raw: unknown): void {
    if (this.#isEnded) return;
    this.#heartbeat.alive();
    if (!this.#events.take())
      return this.#end(`tells more than ${this.#events.perSecond} events a second, and is ended`);
    let event: StageEvent;
    try {
      requirePassable(raw, MAX_EVENT_BYTES);
      event = parse(stageEvent, raw);
    } catch (error) {
      return this.#end(`does not speak as a stage does, and is ended: ${(error as Error).message}`);
    }
    if (event.type !== 'pong') this.options.event(event);
  }

  #line(line: string): void {
    this.#tail.push(line.slice(0, TAIL_LINE_LENGTH));
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#lines.line(line);
  }

  /** @param why in a sentence that begins after the stage's name */
  #end(why: string): void {
    this.#isEnded = true;
    this.#line(`${this.options.assignment.stage} ${why}`);
    this.stop();
  }
}

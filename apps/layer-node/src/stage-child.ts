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

/** How many of a stage's last log lines are kept for the message about its death. */
const TAIL_LINES = 10;
const TAIL_LINE_LENGTH = 500;
/** How many characters of each log line are read. */
const LOG_LINE_LENGTH = 10_000;

const PING_INTERVAL_MS = 1_000;
/**
 * A stage that leaves this many pings unanswered is hung, and is killed. Its event loop is never blocked for longer than it
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
  /** Limits the lines of its log. */
  readonly allowance: Pick<TokenBucket, 'take'>;
  /** Called with each event, which is guaranteed to fit into a control message. */
  readonly event: (event: StageEvent) => void;
  readonly line: (line: string) => void;
  /** Called once, when the process has exited and everything it said has been passed on. */
  readonly exited: (exit: StageExit) => void;
}

/**
 * Runs a stage in a process of its own, and watches it. If it says anything that the node could not pass on (malformed, too
 * long, too deeply nested, too much), it alone is killed, with the reason as the last line of its log.
 */
export class StageChild {
  readonly #tail: string[] = [];
  readonly #heartbeat: Heartbeat;
  readonly #lines: ThrottledLines;
  readonly #events: TokenBucket;
  #transport: StageTransport | undefined;
  /** Whether it has been killed for what it did: anything it still says is ignored. */
  #isEnded = false;

  constructor(readonly options: StageChildOptions) {
    this.#lines = new ThrottledLines(options.allowance, options.line);
    this.#heartbeat = new Heartbeat({
      intervalMs: PING_INTERVAL_MS,
      patience: PATIENCE,
      ping: () => this.#transport?.send({ type: 'ping' }),
      lost: () => this.#end(`did not answer ${PATIENCE} pings in a row, so its node ended it`),
    });
    this.#events = this.#isForeign
      ? new TokenBucket(PROGRAM_EVENT_RATE, PROGRAM_EVENT_BURST)
      : new TokenBucket(STAGE_EVENT_RATE, STAGE_EVENT_BURST);
  }

  /** Starts the process. @throws UnknownProgramError if the node does not have the assignment's program */
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

  /** Undefined if there is no process, such as when a program could not be started. */
  get pid(): number | undefined {
    return this.#transport?.process.pid;
  }

  order(order: StageOrder): void {
    this.#transport?.send({ type: 'order', order });
  }

  /** Kills the process. */
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
      return this.#end(`sent more than ${this.#events.perSecond} events a second, so its node ended it`);
    let event: StageEvent;
    try {
      requirePassable(raw, MAX_EVENT_BYTES);
      event = parse(stageEvent, raw);
    } catch (error) {
      return this.#end(
        `sent something that is not a stage's message, so its node ended it: ${(error as Error).message}`,
      );
    }
    if (event.type !== 'pong') this.options.event(event);
  }

  #line(line: string): void {
    this.#tail.push(line.slice(0, TAIL_LINE_LENGTH));
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#lines.line(line);
  }

  /** @param why the predicate of a sentence whose subject is the stage */
  #end(why: string): void {
    this.#isEnded = true;
    this.#line(`${this.options.assignment.stage} ${why}`);
    this.stop();
  }
}

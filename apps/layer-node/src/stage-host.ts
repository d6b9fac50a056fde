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

/** How long a session may take to end once its stage is told to leave, before its process is killed. */
const LEAVE_DEADLINE_MS = 2_000;

export interface StageExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly tail: readonly string[];
}

/** Is told what becomes of one session of a host. */
export interface SessionListener {
  /** Called with each event, which is guaranteed to fit into a control message. */
  readonly event: (event: StageEvent) => void;
  readonly line: (line: string) => void;
  /** Called once when the session has ended and its process waits for another, which {@link StageHost.assign} can give it. */
  readonly left: () => void;
  /** Called once, when the process has exited and everything it said has been passed on. */
  readonly exited: (exit: StageExit) => void;
}

export interface StageHostOptions {
  readonly programs: Programs;
  /** Limits the lines of its log. */
  readonly allowance: Pick<TokenBucket, 'take'>;
  /** Called when the process has exited, whether it had a session or not. */
  readonly gone: () => void;
}

/**
 * A process that runs stages of one role, one after the other, and what watches it. If it says anything that the node could not
 * pass on (malformed, too long, too deeply nested, too much), it alone is killed, with the reason as the last line of its log.
 */
export class StageHost {
  readonly #tail: string[] = [];
  readonly #heartbeat: Heartbeat;
  readonly #lines: ThrottledLines;
  readonly #events: TokenBucket;
  #transport: StageTransport | undefined;
  #stage = '';
  #session: SessionListener | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** Whether it has been killed for what it did: anything it still says is ignored. */
  #isEnded = false;

  /** @param first its first assignment, which says what kind of stage it runs */
  constructor(
    readonly first: Assignment,
    readonly options: StageHostOptions,
  ) {
    this.#lines = new ThrottledLines(options.allowance, (line) => this.#session?.line(line));
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
    const transport = startStage(this.first, this.options.programs);
    this.#transport = transport;
    for (const stream of transport.logs) eachLine(stream, LOG_LINE_LENGTH, (line) => this.#line(line));
    transport.listen((raw) => this.#handle(raw));
    transport.process.on('error', (error) => this.#line(error.message));
    transport.process.on('close', (code, signal) => {
      this.#heartbeat.stop();
      clearTimeout(this.#deadline);
      this.#lines.end();
      this.#isEnded = true;
      this.#session?.exited({ code, signal, tail: this.#tail });
      this.options.gone();
    });
    this.#heartbeat.start();
  }

  /** Begins a session. To be called when there is none. */
  assign(assignment: Assignment, site: Site, session: SessionListener): void {
    this.#session = session;
    this.#stage = assignment.stage;
    this.#tail.length = 0;
    this.#transport?.send({ type: 'assign', assignment, site });
  }

  /** Undefined if there is no process, such as when a program could not be started. */
  get pid(): number | undefined {
    return this.#transport?.process.pid;
  }

  /** Whether it can be given a session. */
  get isIdle(): boolean {
    return this.#session === undefined && !this.#isEnded;
  }

  order(order: StageOrder): void {
    this.#transport?.send({ type: 'order', order });
  }

  /** Ends the session, and keeps the process where it can have another one; kills it where that takes too long. */
  leave(): void {
    if (this.#session === undefined) return;
    if (this.#isForeign) return this.stop();
    this.#transport?.send({ type: 'leave' });
    this.#deadline ??= setTimeout(() => this.stop(), LEAVE_DEADLINE_MS);
  }

  /** Kills the process. */
  stop(): void {
    this.#transport?.process.kill('SIGKILL');
  }

  get #isForeign(): boolean {
    return this.first.program !== undefined;
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
    if (event.type === 'left') this.#left();
    else if (event.type !== 'pong') this.#session?.event(event);
  }

  #left(): void {
    if (this.#isForeign)
      return this.#end('left its generation, which only stages of Layerline do, so its node ended it');
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    const session = this.#session;
    this.#session = undefined;
    session?.left();
  }

  #line(line: string): void {
    this.#tail.push(line.slice(0, TAIL_LINE_LENGTH));
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#lines.line(line);
  }

  /** @param why the predicate of a sentence whose subject is the stage */
  #end(why: string): void {
    this.#isEnded = true;
    this.#line(`${this.#stage} ${why}`);
    this.stop();
  }
}

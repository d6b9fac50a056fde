import type { LinkPlan } from '@layerline/plan';
import type { StageTelemetry } from '@layerline/protocol';

/** Shortest standstill that counts as a stall, in milliseconds. A batch of the widest layers takes minutes. */
const PATIENCE_MS = 300_000;
/** It must also be this many times the longest standstill so far: a slow network is not a hung one. */
const TIMES_THE_LONGEST = 5;
const LOOKS_PER_PATIENCE = 20;

/**
 * Notices a run that has come to a halt although all of its stages answer pings: no frame has moved anywhere for much
 * longer than ever before. Telling that from a long step takes a view of all stages, and knowledge of pauses.
 */
export class StallWatch {
  readonly #readings = new Map<string, StageTelemetry>();
  #timer: NodeJS.Timeout | undefined;
  #frames = 0;
  #movedAt = 0;
  #longest = 0;
  #isPaused = false;

  /**
   * @param links from the head of the pipeline to its end
   * @param stalled called once, with the stage that holds the others up and the length of the standstill in seconds
   */
  constructor(
    readonly links: readonly Pick<LinkPlan, 'from' | 'to'>[],
    readonly stalled: (stage: string, seconds: number) => void,
    readonly patienceMs = PATIENCE_MS,
  ) {}

  /** Starts watching. To be called when frames begin to flow. */
  start(): void {
    this.#movedAt = performance.now();
    this.#timer = setInterval(() => this.#look(), this.patienceMs / LOOKS_PER_PATIENCE).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** An operator has paused the stream, or let it go on. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#movedAt = performance.now();
  }

  measure(stage: string, telemetry: StageTelemetry): void {
    this.#readings.set(stage, telemetry);
    const frames = [...this.#readings.values()].reduce((sum, each) => sum + each.framesSent + each.framesReceived, 0);
    if (frames <= this.#frames) return;
    const now = performance.now();
    // The wait for the first frame includes compiling graphs, and does not count.
    if (this.#frames > 0) this.#longest = Math.max(this.#longest, now - this.#movedAt);
    this.#frames = frames;
    this.#movedAt = now;
  }

  #look(): void {
    const still = performance.now() - this.#movedAt;
    if (this.#isPaused || still < Math.max(this.patienceMs, TIMES_THE_LONGEST * this.#longest)) return;
    this.stop();
    this.stalled(this.#culprit(), still / 1000);
  }

  /**
   * The last stage that holds a frame that it has not sent on: later stages wait for input, and earlier ones for credit. If
   * there is none, either a frame was sent to a stage that has not received it, or the feeder sends nothing.
   */
  #culprit(): string {
    const sent = (stage: string): number => this.#readings.get(stage)?.framesSent ?? 0;
    const received = (stage: string): number => this.#readings.get(stage)?.framesReceived ?? 0;
    const holding = this.links.findLast(({ from }) => received(from) > sent(from));
    const behind = this.links.findLast(({ from, to }) => sent(from) > received(to));
    return holding?.from ?? behind?.to ?? (this.links[0]?.from as string);
  }
}

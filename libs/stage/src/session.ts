import type { Assignment, Site, StageEvent, StageOrder, Sums } from '@layerline/protocol';
import { flow } from './flow.js';
import type { Resumption, Role, RoleFactory, StageServices } from './role.js';
import { SessionLinks } from './session-links.js';
import { StageAccount } from './stage-account.js';
import { StoreClient } from './store-client.js';

const TELEMETRY_INTERVAL_MS = 500;
/** What the protocol takes of a message, in characters. */
export const MAX_MESSAGE_LENGTH = 4000;

/** What fails when links are closed and uploads are given up. */
const CONSEQUENCES: ReadonlySet<unknown> = new Set(['ERR_CONNECTION_LOST', 'ERR_STORE', 'ABORT_ERR']);

/** The session was told to end before its stream had. */
export class SessionLeftError extends Error {
  readonly code = 'ERR_SESSION_LEFT';

  constructor(stage: string) {
    super(`${stage} was told to leave this generation`);
    this.name = 'SessionLeftError';
  }
}

/**
 * One generation in the life of a stage's process: takes an assignment, gets ready, links up with its neighbours, lets frames
 * flow, and ends with the stream, or when it is told to leave. Nothing of it is left then, and nothing more is said.
 */
export class Session {
  readonly #links: SessionLinks;
  readonly #left = new AbortController();
  readonly #begun: Promise<void>;
  #begin!: () => void;
  #fail!: (error: Error) => void;
  /** Rejects when something fails beside the stream, or the session is told to leave. */
  readonly #interrupted: Promise<never>;
  #role: Role | undefined;
  #account: StageAccount | undefined;
  #isLeaving = false;
  #isOver = false;

  /** @param say tells the coordinator */
  constructor(
    readonly assignment: Assignment,
    readonly site: Site,
    readonly say: (event: StageEvent) => void,
  ) {
    this.#links = new SessionLinks(assignment, site, (event) => this.#emit(event));
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
    this.#interrupted = new Promise((_, reject) => (this.#fail = reject));
    // It may happen while nobody is waiting for it.
    this.#interrupted.catch(() => undefined);
  }

  /** Sees the session through. @throws what it has failed with, SessionLeftError when it was told to leave */
  async run(open: RoleFactory): Promise<void> {
    try {
      await this.#stream(open);
      await this.#role?.close();
    } catch (error) {
      this.#left.abort();
      this.#links.close();
      // What is still on its way to the store is given up.
      await this.#role?.close().catch(() => undefined);
      const { code } = error as { readonly code?: unknown };
      throw this.#isLeaving && CONSEQUENCES.has(code) ? new SessionLeftError(this.assignment.stage) : error;
    } finally {
      this.#isOver = true;
    }
  }

  handle(order: StageOrder): void {
    switch (order.type) {
      case 'connect':
        this.#links.dial(order).catch((error: unknown) => this.#fail(error as Error));
        return;
      case 'begin':
        return this.#begin();
      default:
        return this.#role?.handle?.(order);
    }
  }

  /** Ends the session as soon as what it is computing is done; {@link run} then rejects. */
  leave(): void {
    this.#isLeaving = true;
    this.#fail(new SessionLeftError(this.assignment.stage));
    this.#left.abort();
    this.#links.close();
    // A stream that is paused waits for an order.
    this.#role?.handle?.({ type: 'stop' });
  }

  async #stream(open: RoleFactory): Promise<void> {
    await this.#unlessInterrupted(this.#links.wait());
    const { store, stage } = this.assignment;
    const client = new StoreClient(this.site.coordinator, store, stage, this.#left.signal);
    this.#role = await open(this.assignment, this.#services(client), this.#resumption(client));
    this.#left.signal.throwIfAborted();
    this.#emit({ type: 'ready' });
    const [inputs, outputs, peers] = await this.#unlessInterrupted(
      this.#begun.then(() => Promise.all([this.#links.inputs(), this.#links.outputs(), this.#links.peers()])),
    );
    const account = new StageAccount({
      inbound: inputs.map((link) => link.account),
      outbound: outputs?.accounts ?? [],
      peers: peers.map((link) => link.account),
    });
    this.#account = account;
    const report = (): void => this.#emit({ type: 'telemetry', telemetry: account.read() });
    const telemetry = setInterval(report, TELEMETRY_INTERVAL_MS);
    try {
      await flow(inputs, this.#role, outputs, account.meter);
      // Links that are closed end a stream as its last frame does.
      if (this.#left.signal.aborted) throw new SessionLeftError(stage);
      await this.#unlessInterrupted(outputs?.drained() ?? Promise.resolve());
    } finally {
      clearInterval(telemetry);
    }
    report();
    this.#links.close();
  }

  #resumption(client: StoreClient): Resumption | undefined {
    const { resume } = this.assignment;
    return resume === undefined ? undefined : { step: resume, read: () => client.getSnapshot(resume) };
  }

  #unlessInterrupted<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([work, this.#interrupted]);
  }

  #services(client: StoreClient): StageServices {
    return {
      report: (report) => this.#emit({ type: 'report', report }),
      storeModel: (bytes) => client.putModel(bytes),
      storeSnapshot: (step, bytes) =>
        client.putSnapshot(step, bytes).catch((error: unknown) => {
          const message = (error as Error).message.slice(0, MAX_MESSAGE_LENGTH);
          this.#emit({ type: 'snapshot-failed', step, message });
        }),
      storeLook: (id, bytes) => client.putLook(id, bytes),
      exchange: (sums) => this.#exchange(sums),
    };
  }

  /** The other shards are waited for as the rows of a frame are. */
  async #exchange(sums: Sums): Promise<Sums[]> {
    const meter = this.#account?.meter;
    meter?.enter('waitingForInput');
    const others = await this.#links.exchange(sums);
    meter?.enter('busy');
    return others;
  }

  /** A session that is over, or was told to leave, has nothing more to say. */
  #emit(event: StageEvent): void {
    if (!this.#isOver && !this.#left.signal.aborted) this.say(event);
  }
}

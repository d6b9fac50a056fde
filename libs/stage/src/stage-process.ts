import { InboundLink, OutboundLink, parse, ProtocolError, stageInstruction } from '@layerline/protocol';
import type {
  Assignment,
  InboundOptions,
  LinkAddress,
  LinkServer,
  LinkSite,
  OutboundOptions,
  Site,
  StageEvent,
  StageOrder,
} from '@layerline/protocol';
import { flow } from './flow.js';
import { letHeapGrow } from './heap-growth.js';
import type { Role, RoleFactory, StageServices } from './role.js';
import { StageAccount } from './stage-account.js';
import { StoreClient } from './store-client.js';

const TELEMETRY_INTERVAL_MS = 500;
/** What the protocol takes of a failure's code and message, in characters. */
const MAX_CODE_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 4000;

/**
 * The life of a stage's process: takes an assignment from its node, gets ready, links up with its neighbours, lets
 * frames flow, and ends with the stream. Takes itself down when its node is gone.
 */
export function runStage(factory: RoleFactory): void {
  letHeapGrow();
  let stage: StageProcess | undefined;
  process.on('message', (raw) => {
    const instruction = parse(stageInstruction, raw);
    switch (instruction.type) {
      case 'ping':
        return emit({ type: 'pong' });
      case 'order':
        return stage?.handle(instruction.order);
      case 'assign':
        stage = new StageProcess(instruction.assignment, instruction.site);
        stage.run(factory).then(() => leave({ type: 'finished' }, 0), fail);
    }
  });
  // The node is gone, or has let go of this process: nobody is left to work for.
  process.on('disconnect', () => process.exit(1));
  // Ctrl-C, or the end of a terminal, goes to every process of the group; the coordinator ends stages in order.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  // It may have gone while this program was loading.
  if (!process.connected) process.exit(1);
}

type Neighbour = Assignment['inputs'][number];

class StageProcess {
  readonly #inbound: readonly Ahead<InboundLink>[];
  readonly #outbound: readonly Ahead<OutboundLink>[];
  readonly #begun = deferred<undefined>();
  #role: Role | undefined;

  constructor(
    readonly assignment: Assignment,
    readonly site: Site,
  ) {
    process.title = `layerline ${assignment.stage}`;
    this.#inbound = assignment.inputs.map((neighbour) => ({ neighbour, link: deferred<InboundLink>() }));
    this.#outbound = assignment.outputs.map((neighbour) => ({ neighbour, link: deferred<OutboundLink>() }));
  }

  async run(factory: RoleFactory): Promise<void> {
    const { inputs, outputs, peers, store, stage, resume } = this.assignment;
    if (inputs.length > 1 || outputs.length > 1 || peers.length > 0) {
      throw new ProtocolError(
        `${stage} has ${inputs.length} inputs, ${outputs.length} outputs and ${peers.length} peers: it takes one input, one ` +
          'output and no peers',
      );
    }
    await this.#wait();
    const client = new StoreClient(this.site.coordinator, store, stage);
    const resumption = resume === undefined ? undefined : { step: resume, bytes: await client.getSnapshot(resume) };
    this.#role = await factory(this.assignment, servicesOf(client), resumption);
    emit({ type: 'ready' });
    await this.#begun.promise;
    const inbound = await this.#inbound[0]?.link.promise;
    const outbound = await this.#outbound[0]?.link.promise;
    const account = new StageAccount({
      inbound: inbound === undefined ? [] : [inbound.account],
      outbound: outbound === undefined ? [] : [outbound.account],
    });
    const report = (): void => emit({ type: 'telemetry', telemetry: account.read() });
    const telemetry = setInterval(report, TELEMETRY_INTERVAL_MS);
    await flow(inbound, this.#role, outbound, account.meter);
    await outbound?.drained();
    clearInterval(telemetry);
    report();
    outbound?.close();
    await this.#role.close();
  }

  handle(order: StageOrder): void {
    switch (order.type) {
      case 'connect':
        return this.#dial(order);
      case 'begin':
        return this.#begun.resolve(undefined);
      default:
        return this.#role?.handle?.(order);
    }
  }

  /** Waits for the neighbours that dial this stage. */
  async #wait(): Promise<void> {
    for (const { neighbour, link } of this.#outbound.filter(isAwaited)) {
      const server = OutboundLink.server({ ...this.#siteFor(neighbour.ticket), ...this.#towards(neighbour) });
      await this.#accept(neighbour, server, link);
    }
    for (const { neighbour, link } of this.#inbound.filter(isAwaited)) {
      const server = InboundLink.server({ ...this.#siteFor(neighbour.ticket), ...this.#from(neighbour) });
      await this.#accept(neighbour, server, link);
    }
  }

  #from({ stage, maxFrameBytes }: Neighbour): InboundOptions {
    return { producer: stage, maxFrameBytes, identity: this.assignment };
  }

  #towards({ stage, maxFrameBytes }: Neighbour): OutboundOptions {
    return { consumer: stage, maxFrameBytes, identity: this.assignment };
  }

  #siteFor(ticket: string): LinkSite {
    const { host, names, certificate } = this.site;
    return { host, names, ticket, certificate };
  }

  async #accept<Link extends { close(): void }>(
    { stage: neighbour }: Neighbour,
    server: LinkServer<Link>,
    taken: Deferred<Link>,
  ): Promise<void> {
    emit({ type: 'listening', neighbour, port: await server.listen(this.site.ports) });
    void server.connected().then((link) => {
      taken.resolve(link);
      server.stopListening();
      emit({ type: 'linked', neighbour });
    });
  }

  #dial({ neighbour: name, address, fingerprint }: Extract<StageOrder, { type: 'connect' }>): void {
    const trust = fingerprint === undefined ? undefined : { fingerprint };
    const to = ({ ticket }: Neighbour): LinkAddress => ({ address, trust, ticket });
    const input = this.#inbound.find(({ neighbour }) => neighbour.stage === name);
    const output = this.#outbound.find(({ neighbour }) => neighbour.stage === name);
    let dialled: Promise<void>;
    if (input !== undefined) {
      const { neighbour, link } = input;
      dialled = InboundLink.dial({ ...to(neighbour), ...this.#from(neighbour) }).then(link.resolve);
    } else if (output !== undefined) {
      const { neighbour, link } = output;
      dialled = OutboundLink.dial({ ...to(neighbour), ...this.#towards(neighbour) }).then(link.resolve);
    } else {
      throw new ProtocolError(`${this.assignment.stage} has no link with ${name}`);
    }
    dialled.then(() => emit({ type: 'linked', neighbour: name }), fail);
  }
}

function servicesOf(client: StoreClient): StageServices {
  return {
    report: (report) => emit({ type: 'report', report }),
    storeModel: (bytes) => client.putModel(bytes),
    storeSnapshot: (step, bytes) =>
      client.putSnapshot(step, bytes).catch((error: unknown) => {
        const message = (error as Error).message.slice(0, MAX_MESSAGE_LENGTH);
        emit({ type: 'snapshot-failed', step, message });
      }),
    storeLook: (id, bytes) => client.putLook(id, bytes),
  };
}

function emit(event: StageEvent): void {
  process.send?.(event);
}

function fail(error: unknown): void {
  const reason: Error & { readonly code?: unknown } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`${reason.stack ?? reason.message}\n`);
  const code = typeof reason.code === 'string' ? reason.code.slice(0, MAX_CODE_LENGTH) : 'ERR_UNEXPECTED';
  leave({ type: 'failed', code, message: reason.message.slice(0, MAX_MESSAGE_LENGTH) }, 1);
}

let leaving = false;

/** Ends the process once the event is on its way. The first event counts. */
function leave(event: StageEvent, code: number): void {
  if (!process.connected) process.exit(code);
  if (leaving) return;
  leaving = true;
  process.send?.(event, undefined, undefined, () => process.exit(code));
}

/** A link that is to come. */
interface Ahead<Link> {
  readonly neighbour: Neighbour;
  readonly link: Deferred<Link>;
}

/** Whether this stage waits for the neighbour, and does not dial it. */
function isAwaited({ neighbour }: { readonly neighbour: Neighbour }): boolean {
  return neighbour.waits;
}

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

function deferred<Value>(): Deferred<Value> {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}

import { setFlagsFromString } from 'node:v8';
import { InboundLink, LinkServer, parse, ProtocolError, stageInstruction } from '@layerline/protocol';
import type { Assignment, Frame, Site, StageEvent, StageOrder } from '@layerline/protocol';
import { flow } from './flow.js';
import type { Role, RoleFactory, StageServices } from './role.js';
import { StageAccount } from './stage-account.js';
import { StoreClient } from './store-client.js';

const TELEMETRY_INTERVAL_MS = 500;
/**
 * V8 counts the memory of frames as growth of a stage's small heap, and by itself collects the whole of it every few
 * frames, which takes a fifth of the time of a layer of 500 units. This lets it grow to five times its size first.
 */
const HEAP_GROWTH = '--heap-growing-percent=400';
/** What the protocol takes of a failure's code and message, in characters. */
const MAX_CODE_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 4000;

/**
 * The life of a stage's process: takes an assignment from its node, gets ready, links up with its neighbours, lets
 * frames flow, and ends with the stream. Takes itself down when its node is gone.
 */
export function runStage(factory: RoleFactory): void {
  setFlagsFromString(HEAP_GROWTH);
  let stage: StageProcess | undefined;
  process.on('message', (raw) => {
    const instruction = parse(stageInstruction, raw);
    switch (instruction.type) {
      case 'ping':
        return tell({ type: 'pong' });
      case 'order':
        return stage?.obey(instruction.order);
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

class StageProcess {
  readonly #inbound = deferred<InboundLink>();
  readonly #begun = deferred<undefined>();
  #role: Role | undefined;

  constructor(
    readonly assignment: Assignment,
    readonly site: Site,
  ) {
    process.title = `layerline ${assignment.stage}`;
  }

  async run(factory: RoleFactory): Promise<void> {
    const { consumer, producer, store, stage, resume } = this.assignment;
    const server = consumer && new LinkServer(this.site.host, consumer.ticket, consumer.stage);
    if (server !== undefined) {
      tell({ type: 'listening', neighbour: 'consumer', port: await server.listen(this.site.ports.from) });
    }
    const client = new StoreClient(store, stage);
    const resumption = resume === undefined ? undefined : { step: resume, bytes: await client.getSnapshot(resume) };
    this.#role = await factory(this.assignment, servicesOf(client), resumption);
    tell({ type: 'ready' });
    await this.#begun.promise;
    const inbound = producer && (await this.#inbound.promise);
    const outbound = await server?.connected();
    outbound?.begin(this.assignment);
    const account = new StageAccount(inbound?.account, outbound?.account);
    const report = (): void => tell({ type: 'telemetry', telemetry: account.read() });
    const telemetry = setInterval(report, TELEMETRY_INTERVAL_MS);
    await flow(inbound ?? nothing(), this.#role, outbound, account.meter);
    await outbound?.drained();
    clearInterval(telemetry);
    report();
    server?.close();
    await this.#role.close();
  }

  obey(order: StageOrder): void {
    switch (order.type) {
      case 'connect':
        return this.#connect(order.address);
      case 'begin':
        return this.#begun.resolve(undefined);
      default:
        return this.#role?.obey?.(order);
    }
  }

  #connect(address: string): void {
    const { producer } = this.assignment;
    if (producer === undefined) throw new ProtocolError(`${this.assignment.stage} has no producer to connect to`);
    const { stage, ticket, maxFrameBytes } = producer;
    InboundLink.dial({ address, ticket, producer: stage, maxFrameBytes, identity: this.assignment }).then((link) => {
      this.#inbound.resolve(link);
      tell({ type: 'linked', neighbour: 'producer' });
    }, fail);
  }
}

function servicesOf(client: StoreClient): StageServices {
  return {
    report: (report) => tell({ type: 'report', report }),
    storeModel: (bytes) => client.putModel(bytes),
    storeSnapshot: (step, bytes) =>
      client.putSnapshot(step, bytes).catch((error: unknown) => {
        const message = (error as Error).message.slice(0, MAX_MESSAGE_LENGTH);
        tell({ type: 'snapshot-failed', step, message });
      }),
  };
}

function tell(event: StageEvent): void {
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

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

function deferred<Value>(): Deferred<Value> {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** The input of a stage that has no producer. */
async function* nothing(): AsyncGenerator<Frame> {}

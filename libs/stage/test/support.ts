import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parse, stageEvent } from '@layerline/protocol';
import type { Assignment, StageEvent, StageInstruction, StageOrder, StageRole } from '@layerline/protocol';
import type { TestSettings } from './fixtures/stage-program.js';

type Teardown = { teardown(end: () => void): void };

export const HOST = '127.0.0.1';
export const SECRET = 'the secret of the store';

export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}.js`, import.meta.url));
}

/** A stage's process, seen as its node sees it. */
export class TestStage {
  readonly events: StageEvent[] = [];
  readonly process: ChildProcess;
  /** How it ended, once all that it wrote has arrived. */
  readonly exit: Promise<readonly [code: number | null, signal: string | null]>;
  stderr = '';
  readonly #changes = new EventEmitter();
  /** Once all that it said has arrived. */
  #isOver = false;

  /** @param program a fixture @param parameters its command line */
  constructor(t: Teardown, program = 'stage-program', parameters: readonly string[] = []) {
    // Without the loaders that tap gives to every process, which take their time.
    const env = { ...process.env, NODE_OPTIONS: '' };
    this.process = fork(fixture(program), parameters, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [], env });
    this.exit = once(this.process, 'close') as Promise<[number | null, string | null]>;
    this.process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.process.on('message', (raw) => {
      this.events.push(parse(stageEvent, raw));
      this.#changes.emit('change');
    });
    this.process.on('close', () => {
      this.#isOver = true;
      this.#changes.emit('change');
    });
    t.teardown(() => this.process.kill('SIGKILL'));
  }

  instruct(instruction: StageInstruction): void {
    this.process.send(instruction);
  }

  order(order: StageOrder): void {
    this.instruct({ type: 'order', order });
  }

  /** The first event of a type, as soon as there is one. @throws when the process ends without it */
  async event<Type extends StageEvent['type']>(type: Type): Promise<Extract<StageEvent, { type: Type }>> {
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found !== undefined) return found as Extract<StageEvent, { type: Type }>;
      if (this.#isOver) throw new Error(`The stage ended without "${type}": ${this.stderr}`);
      await once(this.#changes, 'change');
    }
  }

  /** The types of its events without telemetry, which comes by the clock. */
  get history(): string[] {
    return this.events.map(({ type }) => type).filter((type) => type !== 'telemetry');
  }
}

/** An assignment in a pipeline of `feeder` → `layer-1` → `evaluator`, with only the neighbours that are named. */
export function assign(
  stage: string,
  settings: TestSettings,
  {
    producer,
    consumer,
    port = 0,
    store = 'http://127.0.0.1:1',
    resume,
  }: { producer?: string; consumer?: string; port?: number; store?: string; resume?: number },
): StageInstruction {
  const assignment: Assignment = {
    ...{ run: 'run-1', incarnation: 1, generation: 2, stage, settings },
    role: stage.replace(/-\d+$/, '') as StageRole,
    inputs: producer === undefined ? [] : [{ ...neighbour(producer, producer), waits: false }],
    outputs: consumer === undefined ? [] : [{ ...neighbour(consumer, stage), waits: true }],
    peers: [],
    ...(resume !== undefined && { resume }),
    store: { path: '/parts', secret: SECRET },
  };
  return {
    type: 'assign',
    assignment,
    site: { host: HOST, names: [], ports: { from: port, to: port }, coordinator: { origin: store } },
  };
}

function neighbour(stage: string, producer: string) {
  return { stage, ticket: `ticket of ${producer}`, maxFrameBytes: 4096 };
}

/** A feeder and an evaluator, assigned and about to be linked. */
export async function pipeline(t: Teardown, settings: TestSettings, store?: string): Promise<[TestStage, TestStage]> {
  const [feeder, evaluator] = [new TestStage(t), new TestStage(t)];
  const at = store === undefined ? {} : { store };
  feeder.instruct(assign('feeder', settings, { consumer: 'evaluator', ...at }));
  evaluator.instruct(assign('evaluator', {}, { producer: 'feeder', ...at }));
  const [{ port }] = await Promise.all([feeder.event('listening'), evaluator.event('ready')]);
  evaluator.order({ type: 'connect', neighbour: 'feeder', address: `ws://${HOST}:${port}` });
  return [feeder, evaluator];
}

export interface Upload {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A store that keeps what it is sent. @param status what it answers with, or nothing: it hangs up */
export async function openStore(
  t: Teardown,
  status?: number,
  text = '',
  answer: Readonly<Record<string, string>> = {},
): Promise<{ url: string; uploads: Upload[] }> {
  const uploads: Upload[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url: path, headers } = request;
      uploads.push({ method, path, headers, body: Buffer.concat(chunks) });
      if (status === undefined) request.socket.destroy();
      else response.writeHead(status, answer).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://${HOST}:${(server.address() as AddressInfo).port}`, uploads };
}

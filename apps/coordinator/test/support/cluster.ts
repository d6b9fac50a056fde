import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '@layerline/api';
import { applyPreset } from '@layerline/plan';
import type { PartialRunConfig, RunConfig } from '@layerline/plan';
import { Authority } from '@layerline/security';
import type { Test } from 'tap';
import type { ServerOptions } from '../../src/control-server.js';
import { Coordinator } from '../../src/coordinator.js';
import type { Probing } from '../../src/numerics-probes.js';
import type { Run } from '../../src/run.js';
import { ScriptedNode } from './scripted-node.js';

const HOST = '127.0.0.1';

/** A feeder, two layers and an evaluator. */
export const STAGES = 4;
export const BATCH = 50;

/** A coordinator on a free port, without nodes. */
export async function openCoordinator(
  t: Test,
  probing: Partial<Probing> = {},
  server: Partial<ServerOptions> = {},
): Promise<Coordinator> {
  const tokens = { node: 'n'.repeat(16), operator: 'o'.repeat(16), viewer: 'v'.repeat(16) };
  const coordinator = new Coordinator({
    server: { host: HOST, port: 0, ...server },
    authority: new Authority(tokens, [HOST]),
    version: '1',
    root: await newFolder(t),
    probing: { patience: 60_000, failureKept: 60_000, ...probing },
  });
  await coordinator.start();
  t.teardown(() => coordinator.stop());
  return coordinator;
}

/** A folder that goes with the test. A run that is ended with the test may write into it meanwhile: then once more. */
async function newFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'layerline-coordinator-'));
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  return folder;
}

export function configOf(coordinator: Coordinator, config: PartialRunConfig = {}): RunConfig {
  const { root } = coordinator.options;
  return applyPreset('quick', { dataset: 'digits', layers: [16, 16], batch: BATCH, threads: 1, out: root, ...config });
}

/** A run of a coordinator, and what its followers are told. */
export class FollowedRun {
  readonly notices: string[] = [];
  readonly #changes = new EventEmitter<{ noticed: [] }>();

  /** Begins one. It is ended with the test. */
  static async submit(t: Test, coordinator: Coordinator, config: PartialRunConfig = {}): Promise<FollowedRun> {
    const followed = new FollowedRun(await coordinator.submit(configOf(coordinator, config)));
    t.teardown(() => followed.abort());
    return followed;
  }

  private constructor(readonly run: Run) {
    this.notices.push(...run.status().notices.map(({ sentence }) => sentence));
    run.events.subscribe((event) => {
      if (event.type !== 'notice') return;
      this.notices.push(event.sentence);
      this.#changes.emit('noticed');
    });
  }

  get id(): string {
    return this.run.id;
  }

  /** Waits for a notice. @param from notices before this one do not count */
  async noticed(what: RegExp, from = 0): Promise<void> {
    while (!this.notices.slice(from).some((sentence) => what.test(sentence))) await once(this.#changes, 'noticed');
  }

  /** Waits for the next event of a type. */
  reported(type: RunEvent['type']): Promise<void> {
    return new Promise((resolve) => {
      const leave = this.run.events.subscribe((event) => {
        if (event.type !== type) return;
        leave();
        resolve();
      });
    });
  }

  async abort(): Promise<void> {
    this.run.abort(new Error('the test is over'));
    await this.run.ended.catch(() => undefined);
  }
}

/** A run whose stages have been started, all on the node `box`. */
export interface BegunRun {
  readonly coordinator: Coordinator;
  readonly node: ScriptedNode;
  readonly run: FollowedRun;
  /** One for each stage, in the pipeline's order. */
  readonly tasks: readonly string[];
}

export async function begunRun(t: Test): Promise<BegunRun> {
  const coordinator = await openCoordinator(t);
  const node = await ScriptedNode.join(coordinator, 'box');
  const run = await FollowedRun.submit(t, coordinator);
  return { coordinator, node, run, tasks: await node.started(STAGES) };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { integer, uniform } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';
import type { Cluster, RunStanding } from './cluster.js';
import { FAULTS } from './faults.js';
import type { FaultName } from './faults.js';
import { HOSTILE } from './hostile.js';
import { wrongWith } from './verdict.js';
import type { Reference } from './verdict.js';

const POLL_INTERVAL_MS = 50;
/** The longest that a run may stand still, whatever has been done to it. */
const PATIENCE_MS = 120_000;

/** A fault that was injected. */
export interface Injected {
  readonly fault: FaultName;
  readonly what: string;
  /** Training images that the run had seen. */
  readonly images: number;
  /** From the fault until frames flowed again, in milliseconds; undefined where it did not interrupt them. */
  readonly recovery: number | undefined;
}

/** What a round is made of. */
export interface Script {
  /** What happens by chance goes by it. */
  readonly key: RandomKey;
  /** Waits between the recovery from one fault and the next one. @param chance of [0, 1) */
  readonly peace: (run: string, chance: number) => Promise<unknown>;
  /** The fault that comes next. */
  readonly next: () => FaultName | undefined;
}

/** How a round has ended. */
export interface Round {
  readonly faults: readonly Injected[];
  /** Undefined where everything is as it would be without faults. */
  readonly wrong: string | undefined;
}

/** Trains on a cluster while faults happen to it, and judges how that ends. */
export async function playRound(
  cluster: Cluster,
  args: readonly string[],
  reference: Reference,
  { key, peace, next }: Script,
  log: (line: string) => void,
): Promise<Round> {
  const injected: { fault: FaultName; what: string; images: number; at: number }[] = [];
  let drawn = 0;
  const pick = <Item>(items: readonly Item[]): Item => items[integer(key, drawn++, items.length)] as Item;
  const run = await cluster.submit(args);
  const folder = join(cluster.runs, run);
  const finish = (wrong: string | undefined): Round => ({
    faults: injected.map((one, index) => withRecovery(one, injected[index + 1]?.at ?? Infinity, folder)),
    wrong,
  });
  for (;;) {
    const standing = await untilRunning(cluster, run);
    if (standing === undefined) return finish(`the run stood still for ${PATIENCE_MS / 1000} s`);
    if (standing.end !== null) return finish(judge(standing, folder, reference));
    await peace(run, uniform(key, drawn++));
    const now = await cluster.standing(run);
    if (now?.state !== 'running') continue;
    const fault = next();
    if (fault === undefined) continue;
    const at = Date.now();
    let what: string;
    try {
      what = await FAULTS[fault]({ cluster, run, standing: now, pick });
    } catch (error) {
      return finish(`${fault}: ${(error as Error).message}`);
    }
    injected.push({ fault, what, images: now.images, at });
    log(`${new Date(at).toISOString()} ${run} at image ${now.images}: ${fault}: ${what}`);
  }
}

/** Waits until frames flow or the run has ended. */
async function untilRunning(cluster: Cluster, run: string): Promise<RunStanding | undefined> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const standing = await cluster.standing(run);
    if (standing !== undefined && (standing.end !== null || standing.state === 'running')) return standing;
    await sleep(POLL_INTERVAL_MS);
  }
  return undefined;
}

function judge({ end }: RunStanding, folder: string, reference: Reference): string | undefined {
  if (end?.error !== undefined) return end.error.message;
  return wrongWith(folder, end?.result?.weightsSha256, reference);
}

/** Finds in the run's log whether a fault has interrupted the run before the next one came, and when frames flowed again. */
function withRecovery(
  { at, ...fault }: Omit<Injected, 'recovery'> & { at: number },
  until: number,
  folder: string,
): Injected {
  const lines = readFileSync(join(folder, 'log.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const log = lines.map((line) => JSON.parse(line) as { time: string; msg: string });
  const timesOf = (wanted: (msg: string) => boolean): number[] =>
    log.filter(({ msg }) => wanted(msg)).map(({ time }) => Date.parse(time));
  // What a run must not notice is checked for that by itself, once the faults before it have had their consequences.
  const mayInterrupt = !(fault.fault in HOSTILE);
  const interrupted =
    mayInterrupt && timesOf((msg) => msg.startsWith('going on from')).some((time) => time > at && time < until);
  const again = timesOf((msg) => msg === 'frames flow').find((time) => time > at);
  return { ...fault, recovery: interrupted && again !== undefined ? again - at : undefined };
}

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../test/support/hosts.js';
import { isAlive, until } from '../test/support/processes.js';
import { fillDisk } from '../test/support/system.js';
import type { Cluster, RunStanding, Surroundings } from './cluster.js';
import { HOSTILE } from './hostile.js';
import { RESHAPE } from './reshape.js';
import type { Inject, Scene } from './scene.js';

/** Longer than the patience of every watch: the process is given up, and comes back after its stages were given away. */
const LONG_STOP_MS = 20_000;
/** Shorter than that: nothing but slowness may be noticed. */
const SHORT_STOP_MS = 700;
/** Some are ridden out, some not. */
const CUT_SECONDS = [1, 4, 12, 20];
const DAY_MINUTES = 1440;

/** All that may happen to a cluster, in the spirit of Jepsen's nemeses. Each must leave the run with the same weights. */
export const FAULTS = {
  'kill a stage': async ({ standing, pick }) => {
    const { stage, pid } = pick(standing.processes);
    kill(pid, 'SIGKILL');
    return stage;
  },
  'kill two stages at once': async ({ standing, pick }) => {
    const first = pick(standing.processes);
    const second = pick(standing.processes.filter((process) => process !== first));
    for (const { pid } of [first, second]) kill(pid, 'SIGKILL');
    return `${first.stage} and ${second.stage}`;
  },
  'kill a stage during a snapshot': async ({ cluster, run, standing, pick }) => {
    const { stage, pid } = pick(standing.processes);
    await until('a snapshot under way', () => snapshotsUnderWay(cluster, run) > 0 || !isAlive(pid));
    kill(pid, 'SIGKILL');
    // The snapshot may still become whole: that is no sign that the run has gone on.
    await processesOfLaterLife(cluster, run, standing);
    return stage;
  },
  'kill a stage during a rewind': async ({ cluster, run, standing, pick }) => {
    const first = pick(standing.processes);
    kill(first.pid, 'SIGKILL');
    const later = await processesOfLaterLife(cluster, run, standing);
    if (later.length === 0) return `${first.stage}, as the run ended`;
    const second = pick(later);
    kill(second.pid, 'SIGKILL');
    return `${first.stage}, then ${second.stage} as it came up`;
  },
  'stop a stage for 20 s': async ({ standing, pick }) => {
    const { stage, pid } = pick(standing.processes);
    await stopFor(pid, LONG_STOP_MS);
    return stage;
  },
  'a stage reads slowly': async ({ standing, pick }) => {
    const { stage, pid } = pick(standing.processes);
    for (let turn = 0; turn < 4 && isAlive(pid); turn++) {
      await stopFor(pid, SHORT_STOP_MS);
      await sleep(SHORT_STOP_MS / 4);
    }
    return stage;
  },
  'kill a node': async ({ cluster, pick }) => {
    const node = pick(cluster.nodes);
    kill(cluster.pid(node), 'SIGKILL');
    await until('the end of the node', () => cluster.hasEnded(node));
    cluster.startNode(node);
    return node;
  },
  'stop a node for 20 s': async ({ cluster, pick }) => {
    const node = pick(cluster.nodes);
    await stopFor(cluster.pid(node), LONG_STOP_MS);
    return node;
  },
  'kill the coordinator': async ({ cluster }) => {
    const name = cluster.coordinator;
    kill(cluster.pid(name), 'SIGKILL');
    await until('the end of the coordinator', () => cluster.hasEnded(name));
    await cluster.startCoordinator(name);
    return name;
  },
  'two coordinators at once': async ({ cluster }) => {
    const older = cluster.coordinator;
    const newer = older === 'coordinator-1' ? 'coordinator-2' : 'coordinator-1';
    const pid = cluster.pid(older);
    kill(pid, 'SIGSTOP');
    // It takes the run although its record says that a process is at work on it, since the operator says so.
    await cluster.startCoordinator(newer, '--take-over');
    kill(pid, 'SIGCONT');
    await until('the end of the older one', () => cluster.hasEnded(older), 60_000);
    return `${newer} in the place of ${older}`;
  },
  'damage the newest snapshot': async ({ cluster, run, standing, pick }) => {
    const newest = await until('a snapshot', () => cluster.newestSnapshot(run));
    const part = join(newest, pick(existsSync(newest) ? readdirSync(newest) : ['evaluator']));
    // One that has just given way to the next may be gone.
    if (existsSync(part)) flipByte(part, pick);
    const { stage, pid } = pick(standing.processes);
    kill(pid, 'SIGKILL');
    return `${basename(newest)}, and kill ${stage}`;
  },
  'a frame comes twice': async ({ standing, pick }) => {
    const { stage, pid } = pick(standing.processes.filter(({ stage }) => stage !== 'evaluator'));
    kill(pid, 'SIGUSR2');
    return `from ${stage}`;
  },
  'a clock jumps': async ({ cluster, pick }) => {
    const node = pick(cluster.nodes);
    const minutes = pick([-DAY_MINUTES, -10, -1, 0, 1, 10, DAY_MINUTES]);
    cluster.setClock(node, minutes * 60_000);
    return `on ${node}, to ${minutes} min`;
  },
  'fill the disk of snapshots': async ({ cluster, run, standing, pick }) => {
    const { disk } = cluster.surroundings as Surroundings;
    const { stage, pid } = pick(standing.processes);
    const before = fullAt(standing);
    const fillers = fillDisk(disk);
    try {
      const now = await cluster.until(run, (now) => now.end !== null || fullAt(now) !== before);
      kill(pid, 'SIGKILL');
      return now.end === null ? `until a snapshot could not be stored, and kill ${stage}` : 'as the run ended';
    } finally {
      for (const filler of fillers) rmSync(filler, { force: true });
    }
  },
  'cut a node off for a while': async ({ cluster, standing, pick }) => {
    const { node } = pick(standing.processes);
    const seconds = pick(CUT_SECONDS);
    const host = cluster.host(node) as Host;
    host.cut();
    await sleep(seconds * 1000);
    host.mend();
    return `${node}, ${seconds} s`;
  },
  'cut one direction for a while': async ({ cluster, standing, pick }) => {
    const { centre } = cluster.surroundings as Surroundings;
    const busy = new Set(standing.processes.map(({ node }) => cluster.host(node) as Host));
    const from = pick([centre, ...busy]);
    const to = pick([centre, ...busy].filter((host) => host !== from));
    const seconds = pick(CUT_SECONDS);
    from.cutTowards(to);
    await sleep(seconds * 1000);
    from.mendTowards(to);
    return `${from.address} to ${to.address}, ${seconds} s`;
  },
  ...RESHAPE,
  ...HOSTILE,
} as const satisfies Record<string, Inject>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
/** Those that need {@link Surroundings}. */
export const FAULTS_OF_SURROUNDINGS: readonly FaultName[] = [
  'fill the disk of snapshots',
  'cut a node off for a while',
  'cut one direction for a while',
];

/** Waits until the next life of the run has processes of its own, and gives them. */
async function processesOfLaterLife(
  cluster: Cluster,
  run: string,
  { generation, processes }: RunStanding,
): Promise<RunStanding['processes']> {
  const older = new Set(processes.map(({ pid }) => pid));
  const { processes: found } = await cluster.until(run, (now) => {
    return now.end !== null || (now.generation > generation && now.processes.some(({ pid }) => !older.has(pid)));
  });
  return found.filter(({ pid }) => !older.has(pid));
}

function snapshotsUnderWay(cluster: Cluster, run: string): number {
  const folder = cluster.snapshots(run);
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.partial')).length : 0;
}

/** When a snapshot last found no room, if ever. */
function fullAt({ notices }: RunStanding): string | undefined {
  return notices.findLast(({ sentence }) => sentence.includes('the disk is full'))?.at;
}

async function stopFor(pid: number, milliseconds: number): Promise<void> {
  kill(pid, 'SIGSTOP');
  await sleep(milliseconds);
  kill(pid, 'SIGCONT');
}

function flipByte(file: string, pick: Scene['pick']): void {
  const bytes = readFileSync(file);
  const at = pick([...Array(bytes.length).keys()]);
  bytes[at] = (bytes[at] as number) ^ 0x10;
  writeFileSync(file, bytes);
}

/** A process that has ended meanwhile is as good as one that was killed. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

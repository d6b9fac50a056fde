import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fold, integer, randomKey } from '@layerline/ops';
import { Command } from 'commander';
import { Cluster } from './cluster.js';
import { FAULT_NAMES, FAULTS_OF_SURROUNDINGS } from './faults.js';
import type { FaultName } from './faults.js';
import { playRound } from './round.js';
import type { Injected } from './round.js';
import { surroundings, withSurroundings } from './surroundings.js';
import { makeReference } from './verdict.js';

/** About a minute without faults, on two cores. */
const TRAINING = [
  ...['--dataset', 'digits', '--layers', '136,200,64', '--epochs', '36', '--eval-every', '6', '--snapshot-every', '60'],
];
const NODES = ['node-a', 'node-b', 'node-c'];
const FAULTS_PER_ROUND = 16;
const LONGEST_PEACE_MS = 2_500;
const MILLISECONDS_PER_MINUTE = 60_000;
/** The biggest seed that is made up where none is given. */
const SEEDS = 1_000_000;

/** `npm run chaos -- --minutes 30 --seed 1`: trains on clusters to which faults happen at random, until the time is up. */
async function main({ minutes, seed, only }: { minutes: number; seed: number; only?: string }): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'layerline-chaos-'));
  const around = surroundings();
  const possible = FAULT_NAMES.filter((name) => around !== undefined || !FAULTS_OF_SURROUNDINGS.includes(name));
  const names = only === undefined ? possible : possible.filter((name) => name === only);
  if (names.length === 0) throw new Error(`there is no fault "${only ?? ''}" here: ${possible.join(', ')}`);
  if (around === undefined) say(`only root on Linux can ${FAULTS_OF_SURROUNDINGS.join(', ')}: left out`);
  say(`seed ${seed}, ${minutes} minutes, in ${folder}`);
  const reference = makeReference(TRAINING, join(folder, 'reference'));
  say(`without faults: weights ${reference.weightsSha256}`);
  const deadline = Date.now() + minutes * MILLISECONDS_PER_MINUTE;
  const all: Injected[] = [];
  const wrong: string[] = [];
  for (let number = 0; Date.now() < deadline; number++) {
    const key = fold(randomKey(seed), number);
    const cluster = new Cluster(join(folder, `round-${number}`), NODES, around);
    let left = FAULTS_PER_ROUND;
    const next = (): FaultName | undefined =>
      Date.now() < deadline && left-- > 0 ? names[integer(fold(key, 1), left, names.length)] : undefined;
    try {
      await cluster.start();
      const peace = (_: string, chance: number): Promise<unknown> => sleep(chance * LONGEST_PEACE_MS);
      const round = await playRound(cluster, TRAINING, reference, { key: fold(key, 2), peace, next }, say);
      all.push(...round.faults);
      if (round.wrong !== undefined) wrong.push(`round ${number}: ${round.wrong}`);
      say(`round ${number}: ${round.faults.length} faults, ${round.wrong ?? 'the same weights and metrics'}`);
    } finally {
      await cluster.stop();
    }
    if (wrong.length === 0) cluster.remove();
  }
  summarize(all, wrong);
  if (wrong.length === 0) rmSync(folder, { recursive: true, force: true });
  return wrong.length === 0;
}

function summarize(all: readonly Injected[], wrong: readonly string[]): void {
  say(`\n${all.length} faults injected, ${wrong.length} rounds ended wrong`);
  for (const sentence of wrong) say(`WRONG ${sentence}`);
  for (const name of FAULT_NAMES) {
    const ofName = all.filter(({ fault }) => fault === name);
    const times = ofName.flatMap(({ recovery }) => (recovery === undefined ? [] : [recovery])).sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)];
    const recovery =
      median === undefined ? '' : `, frames flowed again after ${median} ms (median), ${times.at(-1) ?? ''} ms (most)`;
    if (ofName.length > 0) say(`${String(ofName.length).padStart(4)} × ${name}${waysOf(ofName)}${recovery}`);
  }
}

/** In which ways it was done, of a fault that has several. */
function waysOf(faults: readonly Injected[]): string {
  const ways = new Set(faults.flatMap(({ what }) => (what.includes('; ') ? what.slice(0, what.indexOf('; ')) : [])));
  return ways.size === 0 ? '' : ` (${[...ways].join(', ')})`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const options = new Command('chaos')
  .option('--minutes <n>', 'how long', Number, 30)
  .option('--seed <n>', 'what happens, and when', Number, Math.floor(Math.random() * SEEDS))
  .option('--only <fault>', 'nothing but this fault')
  .parse()
  .opts<{ minutes: number; seed: number; only?: string }>();
process.exitCode = await withSurroundings(NODES.length, async () => ((await main(options)) ? 0 : 1));

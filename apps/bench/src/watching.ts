import { setTimeout as sleep } from 'node:timers/promises';
import { runList } from '@layerline/api';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext } from 'playwright-core';
import { run, runForJson } from './child.js';
import type { Command } from './child.js';
import { absence } from './comparison.js';
import type { Absence } from './comparison.js';
import { inEmptyFolder, LAUNCHER, resultSchema, trainCommand } from './contestants/layerline.js';
import type { LayerlineResult } from './contestants/layerline.js';
import { InterruptedError, ProgramError } from './errors.js';
import { measureInTurns } from './rounds.js';
import type { Work } from './work.js';

/**
 * Who watches a run: nobody, so that nothing is observed and no dashboard served; a browser with the charts open; ten others as
 * well, who follow the run's events as pages do.
 */
export const AUDIENCES = ['nobody', 'a page', 'a page and ten viewers'] as const;
export type Audience = (typeof AUDIENCES)[number];

/** What it costs a run's stages to be watched. */
export interface Watching {
  readonly work: Work;
  /** Processor time of all stages a batch of the same runs, in milliseconds, run by run. */
  readonly milliseconds: Readonly<Partial<Record<Audience, readonly number[]>>>;
  /** Whether all gave the very same weights. */
  readonly sameWeights: boolean;
  readonly absent: readonly Absence[];
}

const CHROMIUM = '/usr/bin/chromium';
const VIEWERS = 10;
const RETRY_MS = 200;

/**
 * Trains before each audience in turn, again and again.
 * @throws InterruptedError where not every one has watched before
 */
export async function measureWatching(
  work: Work,
  { repeats, say }: { readonly repeats: number; readonly say: (line: string) => void },
): Promise<Watching> {
  const absent: Absence[] = [];
  const runs = await measureInTurns(AUDIENCES, {
    repeats,
    run: async (audience) => {
      const result = await trainBefore(audience, work);
      say(`${work.network.name}, watched by ${audience}: ${perBatch(result, work).toFixed(2)} ms a batch`);
      return result;
    },
    failed: (audience, error) => void absent.push(absence(audience, error)),
  });
  const hashes = [...runs.values()].flatMap((results) => results.map(({ weightsSha256 }) => weightsSha256));
  return {
    work,
    milliseconds: Object.fromEntries(
      Array.from(runs, ([audience, results]) => [audience, results.map((result) => perBatch(result, work))]),
    ),
    sameWeights: new Set(hashes).size === 1,
    absent,
  };
}

/** Processor time of all stages, in milliseconds a batch. */
function perBatch({ stages, images }: LayerlineResult, { batch }: Work): number {
  const seconds = stages.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? NaN), 0);
  return (1000 * seconds) / (images / batch);
}

function trainBefore(audience: Audience, work: Work): Promise<LayerlineResult> {
  return inEmptyFolder(async (cwd) => {
    // The user's own coordinators are none of its business.
    const env = { XDG_DATA_HOME: cwd };
    const settings = { 'eval-every': 0, ...(audience === 'nobody' ? { 'observe-every': 0 } : {}) };
    const command = trainCommand(work, 'pipeline', cwd, settings, audience === 'nobody' ? ['--no-dashboard'] : []);
    const training = runForJson({ ...command, env }, resultSchema);
    if (audience === 'nobody') return training;
    const over = new AbortController();
    const watching = watch(audience, { cwd, env }, over.signal);
    // It watches for as long as there is something to see.
    const failed = watching.then(() => new Promise<never>(() => undefined));
    try {
      return await Promise.race([training, failed]);
    } finally {
      over.abort();
      await Promise.allSettled([training, watching]);
    }
  });
}

/** Watches the only run of a folder until the signal. @throws ProgramError where there is no browser */
async function watch(audience: Audience, at: Pick<Command, 'cwd' | 'env'>, over: AbortSignal): Promise<void> {
  const browser = await chromium
    .launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    .catch((error: unknown) => {
      throw new ProgramError('Chromium', (error as Error).message.split('\n')[0] ?? '', { cause: error });
    });
  try {
    await follow(browser, audience, at, over);
    if (!over.aborted) await new Promise((resolve) => over.addEventListener('abort', resolve));
  } finally {
    await browser.close();
  }
}

async function follow(
  browser: Browser,
  audience: Audience,
  at: Pick<Command, 'cwd' | 'env'>,
  over: AbortSignal,
): Promise<void> {
  const address = await addressOf(at, over);
  if (address === undefined) return;
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  await page.locator('.who').waitFor();
  const { origin } = new URL(address);
  const id = await runIn(context, origin);
  await page.goto(`${origin}/#/runs/${id}/charts`);
  if (audience !== 'a page and ten viewers') return;
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  for (let viewer = 0; viewer < VIEWERS; viewer++) void read(`${origin}/api/runs/${id}/events`, cookie, over);
}

/** The address that signs in, once there is a coordinator; undefined if there is none before the signal. */
async function addressOf(at: Pick<Command, 'cwd' | 'env'>, over: AbortSignal): Promise<string | undefined> {
  const command = { name: 'layerline dashboard', program: process.execPath, args: [LAUNCHER, 'dashboard'], ...at };
  while (!over.aborted) {
    try {
      return (await run(command)).trim();
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      await sleep(RETRY_MS);
    }
  }
  return undefined;
}

async function runIn(context: BrowserContext, origin: string): Promise<string> {
  for (;;) {
    const answer = await context.request.get(`${origin}/api/runs`);
    const [first] = runList.parse(await answer.json()).runs;
    if (first !== undefined) return encodeURIComponent(first.id);
    await sleep(RETRY_MS);
  }
}

/** Reads a stream of events to its end, as a page does, and makes nothing of it. */
async function read(url: string, cookie: string, over: AbortSignal): Promise<void> {
  try {
    const { body } = await fetch(url, { headers: { cookie, accept: 'text/event-stream' }, signal: over });
    for await (const _ of body ?? []);
  } catch {
    // The run is over.
  }
}

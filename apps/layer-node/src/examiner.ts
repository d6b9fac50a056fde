import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NoEngineError } from '@layerline/pipeline';
import { BACKENDS, backendsOf } from '@layerline/plan';
import type { BackendName, RunConfig } from '@layerline/plan';
import { parse } from '@layerline/protocol';
import type { Capabilities } from '@layerline/protocol';
import * as z from 'zod';
import { withoutSecrets } from './environment.js';

const PROGRAM = fileURLToPath(import.meta.resolve('./examiner-main.js'));

/** An examiner that takes longer than this is stuck. The largest plans take a minute on a busy machine. */
const DEADLINE_MS = 300_000;
/** How long each engine's steps are timed for a node's capabilities. */
const MILLISECONDS_PER_ENGINE = 100;

/** The outcome of trying an engine on this machine. */
const engineTrial = z.discriminatedUnion('available', [
  z.strictObject({
    available: z.literal(true),
    version: z.string(),
    kernels: z.string(),
    /** Of a training step of the sample layer, on all cores. */
    millisecondsPerStep: z.number(),
  }),
  /** Why it does not work, and what would help if that is known. */
  z.strictObject({ available: z.literal(false), reason: z.string() }),
]);
export type EngineTrial = { readonly backend: BackendName } & z.infer<typeof engineTrial>;

/** An engine that works, with what a step of the sample layer takes it on all cores. */
type WorkingEngine = Required<Capabilities['engines'][number]>;

/** What the examining process is asked: the numerics of a plan, or whether an engine works and how fast. */
export const question = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('numerics'), settings: z.unknown() }),
  z.strictObject({ type: z.literal('engine'), backend: z.enum(BACKENDS), milliseconds: z.number() }),
]);
export type Question = z.infer<typeof question>;

/** What it answers. */
export const answer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('numerics'), numerics: z.string() }),
  z.strictObject({ type: z.literal('engine'), trial: engineTrial }),
  z.strictObject({ type: z.literal('error'), message: z.string() }),
]);
export type Answer = z.infer<typeof answer>;

/** The numerics of a plan on this machine. @param settings the plan @throws Error with what went wrong in the examiner */
export async function numericsHere(settings: unknown): Promise<string> {
  const found = await ask({ type: 'numerics', settings });
  if (found.type === 'numerics') return found.numerics;
  throw new Error(`the examiner answered with ${found.type}`);
}

/**
 * Tries every engine in the order in which `auto` does, one after another, each in a process of its own: native code that
 * crashes on loading then only means that its engine does not work.
 * @param milliseconds how long the steps of each are timed
 */
export async function tryEngines(milliseconds: number, program = PROGRAM): Promise<EngineTrial[]> {
  const trials: EngineTrial[] = [];
  for (const backend of BACKENDS) trials.push(await tryEngine(backend, milliseconds, program));
  return trials;
}

async function tryEngine(backend: BackendName, milliseconds: number, program: string): Promise<EngineTrial> {
  try {
    const found = await ask({ type: 'engine', backend, milliseconds }, program);
    if (found.type !== 'engine') throw new Error(`the examiner answered with ${found.type}`);
    return { backend, ...found.trial };
  } catch (error) {
    return { backend, available: false, reason: (error as Error).message };
  }
}

/** The engines that work on this machine. */
export async function enginesHere(): Promise<Capabilities['engines']> {
  return (await tryEngines(MILLISECONDS_PER_ENGINE)).flatMap(workingOf);
}

/**
 * The engine that a training on this machine would take, timed as those of a node are.
 * @throws NoEngineError with the reason of each that does not work
 */
export async function engineHere(wanted: RunConfig['engine'], program = PROGRAM): Promise<WorkingEngine> {
  const reasons: string[] = [];
  for (const backend of backendsOf(wanted)) {
    const trial = await tryEngine(backend, MILLISECONDS_PER_ENGINE, program);
    const [found] = workingOf(trial);
    if (found !== undefined) return found;
    if (!trial.available) reasons.push(trial.reason);
  }
  throw new NoEngineError(wanted, reasons);
}

function workingOf(trial: EngineTrial): WorkingEngine[] {
  if (!trial.available) return [];
  const { backend, version, millisecondsPerStep } = trial;
  return [{ backend, version, millisecondsPerStep }];
}

/**
 * Asks in a separate process: an engine that crashes takes nothing else down with it, and its memory is given back.
 * @throws Error with what went wrong, or if there is no answer by the deadline, when the process is killed
 */
export async function ask(
  asked: Question,
  program = PROGRAM,
  deadlineMs = DEADLINE_MS,
): Promise<Exclude<Answer, { type: 'error' }>> {
  const found = parse(answer, await exchange(asked, program, deadlineMs));
  if (found.type === 'error') throw new Error(found.message);
  return found;
}

/** Sends a question to a new process. @returns the first message that it sends back, unchecked */
function exchange(asked: Question, program: string, deadlineMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = fork(program, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: withoutSecrets(process.env) });
    const deadline = setTimeout(() => {
      reject(new Error(`the examiner has not answered within ${deadlineMs / 1000} s`));
      child.kill('SIGKILL');
    }, deadlineMs);
    child.once('close', () => clearTimeout(deadline));
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new Error(`it crashed: its process ended with ${signal ?? `exit code ${code}`}`));
    });
    // If it ends before it can be asked, the exit handler reports that.
    child.send(asked, () => undefined);
  });
}

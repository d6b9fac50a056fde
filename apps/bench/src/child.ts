import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import * as z from 'zod';
import { InterruptedError, ProgramError } from './errors.js';

const STDERR_KEPT = 4000;

/** Settings by which a shell could give one side of a comparison other threads, kernels or options than the others. */
const DECIDING = /^(LAYERLINE|OPENBLAS|OMP|MKL|XLA|JAX|TORCH|PYTORCH|KMP|GOMP|GOTO|TF)_/;
/** Say only where something is. */
const PLACES = ['LAYERLINE_TENSORFLOW'];

/** How long an interrupted program has to clean up after itself. */
const GRACE_MILLISECONDS = 2000;

export interface Command {
  /** For people. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<ChildProcess>();
let interrupted = false;

/** Whether {@link interruptPrograms} was called. */
export function isInterrupted(): boolean {
  return interrupted;
}

/**
 * Ends every program that runs, with all that it has started, and lets no other one start: from here on {@link run}
 * rejects with InterruptedError. A second call does not wait for programs to clean up.
 */
export function interruptPrograms(): void {
  for (const child of running) signalGroup(child, interrupted ? 'SIGKILL' : 'SIGINT');
  interrupted = true;
  setTimeout(() => running.forEach((child) => signalGroup(child, 'SIGKILL')), GRACE_MILLISECONDS).unref();
}

/**
 * Runs a program to its end, with nothing in its environment that could decide the comparison.
 * @returns its standard output
 * @throws ProgramError with the end of what it wrote on standard error where it fails
 * @throws InterruptedError where the benchmark is interrupted
 */
export async function run({ name, program, args, cwd, env: added }: Command): Promise<string> {
  if (interrupted) throw new InterruptedError();
  const kept = Object.entries(process.env).filter(([name]) => !DECIDING.test(name) || PLACES.includes(name));
  // A group of its own, so that what it starts ends with it and Ctrl-C reaches it through this process alone.
  const detached = process.platform !== 'win32';
  const env = { ...Object.fromEntries(kept), ...added };
  const child = spawn(program, args, { cwd, env, detached, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-STDERR_KEPT)));
  // What an interrupted program has left behind would hold its output open.
  child.on('exit', () => interrupted && signalGroup(child, 'SIGKILL'));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', (error) => reject(new ProgramError(name, error.message, { cause: error })));
    child.on('close', (...ending) => resolve(ending));
  }).finally(() => running.delete(child));
  if (interrupted) throw new InterruptedError();
  if (code !== 0) {
    const lastLine = errors.trimEnd().split('\n').at(-1) ?? '';
    const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
    throw new ProgramError(name, lastLine === '' ? how : `${how}: ${lastLine}`, { cause: errors });
  }
  return output;
}

/** Runs a program whose last line is a JSON object of the given shape. @throws ProgramError @throws InterruptedError */
export async function runForJson<Result>(command: Command, schema: z.ZodType<Result>): Promise<Result> {
  const output = await run(command);
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    return schema.parse(JSON.parse(line));
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : 'no JSON';
    throw new ProgramError(command.name, `its last line is not as it should be (${problem})`, { cause: error });
  }
}

/** Sends a signal to a program and to all that it has started. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    // The whole group may be gone already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { within } from './hosts.js';

/** The command, as a checkout has it. */
export const PROGRAM = fileURLToPath(new URL('../../../../apps/cli/bin/layerline.cjs', import.meta.url));
/** Longer than any command takes here, on a slow machine too; coordinators and nodes are there for a whole test. */
const LIMIT_MS = 600_000;
/** A folder with MNIST's files, where the machine has one. */
export const MNIST = process.env['LAYERLINE_DATA'];

export interface Options {
  /** Working folder; the test's own unless given. */
  readonly cwd?: string;
  /** Variables beside those that a program cannot do without. */
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly program?: string;
  /** The network namespace that it runs in. */
  readonly namespace?: string;
}

/** How a command has ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `layerline` command under way, in a process group of its own like that of a command typed into a shell. */
export class Command {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(t: Test, args: readonly string[], options: Options) {
    const cwd = options.cwd ?? testFolder(t);
    const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, XDG_DATA_HOME: cwd, ...options.env };
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    // Neither the settings of whoever runs the tests are for the command, nor the hooks that tap gives all Node processes
    // through their environment, whatever it is: so `env` starts it, and becomes it.
    const line = ['env', '-i', ...settings, process.execPath, options.program ?? PROGRAM, ...args];
    const [program = '', ...rest] = [...(options.namespace === undefined ? [] : within(options.namespace)), ...line];
    this.#child = spawn(program, rest, {
      cwd,
      detached: true,
      timeout: LIMIT_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
    t.teardown(() => this.#child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Closes the pipe that the command prints into, as `head` does. */
  stopReading(): void {
    this.#child.stdout?.destroy();
  }

  /** Sends a signal to the command alone, as `kill` does. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal to the command and all its stages, as a terminal does. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }
}

/** The test's own folder, made where it is not there yet. */
function testFolder(t: Test): string {
  return existsSync(t.testdirName) ? t.testdirName : t.testdir();
}

/** Starts a command. It is ended with the test. */
export function start(t: Test, args: readonly string[], options: Options = {}): Command {
  return new Command(t, args, options);
}

/** Runs a command to its end. */
export function layerline(t: Test, args: readonly string[], options: Options = {}): Promise<Ended> {
  return start(t, args, options).ended;
}

/** Runs a command that ends well, with JSON on the last line of its standard output. */
export async function json<Answer>(t: Test, args: readonly string[], options: Options = {}): Promise<Answer> {
  const { code, stdout, stderr } = await layerline(t, [...args, '--json'], options);
  if (code !== 0) throw new Error(`layerline ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Answer;
}

/** A process of a training and its figures, which are null for training in one process. */
export interface StageSummary {
  readonly stage: string;
  readonly role: string;
  readonly node: string;
  readonly pid: number;
  readonly peakMemoryBytes: number | null;
  readonly seconds: Readonly<Record<'busy' | 'waitingForInput' | 'waitingForCredit' | 'serializing', number>> | null;
  readonly cpuSeconds: number | null;
  readonly framesSent: number | null;
  readonly bytesSent: number | null;
}

/** What `layerline train --json` ends with, as its documentation says. */
export interface TrainResult {
  readonly run: string;
  readonly folder: string;
  readonly outcome: string;
  readonly testAccuracy: number;
  readonly testError: number;
  readonly perLayerError: readonly number[];
  readonly epochs: number;
  readonly images: number;
  readonly trainSeconds: number;
  readonly evalSeconds: number;
  readonly imagesPerSecond: number;
  readonly engine: string;
  readonly exact: boolean;
  readonly restarts: number;
  readonly numerics: string;
  readonly dataset: string;
  readonly stages: readonly StageSummary[];
  readonly weightsSha256: string;
}

/** A training that takes a moment: a small network, one epoch of the built-in digits. */
export const QUICK = ['--dataset', 'digits', '--layers', '64,48', '--epochs', '1', '--batch', '500'] as const;

/** Runs a quick training, with other options on top. Its run folder is in `out`. */
export function train(t: Test, out: string, ...args: readonly string[]): Promise<TrainResult> {
  return json<TrainResult>(t, ['train', ...QUICK, '--quiet', '--out', out, ...args], { cwd: out });
}

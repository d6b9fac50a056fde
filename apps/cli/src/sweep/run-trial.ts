import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { streamItem } from '@layerline/api';
import type { RunEnd, StreamItem } from '@layerline/api';
import type { Outcome } from './outcome.js';

/** How trials are trained. */
export interface TrialSite {
  /** Of the runs whose definition names no other. */
  readonly group: string;
  /** Folder of the runs; undefined on a coordinator, which has its own. */
  readonly out: string | undefined;
  /** Of each trial. */
  readonly threads: number | undefined;
  /** Undefined on this machine. */
  readonly connection: SiteConnection | undefined;
}

/** Which coordinator trains trials. */
export interface SiteConnection {
  /** Undefined for one on this machine. */
  readonly address: string | undefined;
  /** What else says how to reach it, as arguments of commands. */
  readonly options: readonly string[];
}

/** A connection as arguments of commands about runs. */
export function connectionArgs({ address, options }: SiteConnection): string[] {
  return [...(address === undefined ? [] : ['--coordinator', address]), ...options];
}

export interface TrialHooks {
  /** It has a run. */
  readonly begun: (run: string) => void;
  /** After an epoch. @returns whether it is to end */
  readonly evaluated: (epoch: number, validationError: number) => boolean;
}

/** How the command of a trial has ended: one of them is null. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Characters of what a failed trial has printed that are kept. */
const MOST_FAILURE = 500;

/** A trial under way: a `layerline` command of its own, whose events say how it goes. */
export class RunningTrial {
  readonly #child: ChildProcess;
  /** By epoch. */
  readonly #errors = new Map<number, number>();
  #run: string | undefined;
  #last: { readonly testError: number; readonly perLayerError: readonly (number | null)[] } | undefined;
  #end: RunEnd | undefined;
  #printed = '';
  #isEndedEarly = false;
  #isStopped = false;

  /** @param args of the command */
  constructor(
    readonly trial: string,
    args: readonly string[],
    readonly site: TrialSite,
    readonly hooks: TrialHooks,
  ) {
    // In a group of its own, so that a Ctrl-C in the terminal reaches it once, through this command.
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    this.#child = spawn(process.execPath, [process.argv[1] ?? '', ...args], { stdio: [...stdio], detached: true });
  }

  /** Asks for an orderly stop: what has been learned is kept. A run on a coordinator goes on. */
  stop(): void {
    this.#isStopped = true;
    this.#child.kill('SIGINT');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** @returns what came of it; undefined where it was stopped before it had ended */
  async outcome(): Promise<Outcome | undefined> {
    const { stdout, stderr } = this.#child;
    const exited = new Promise<Exit>((resolve) => {
      this.#child.once('error', (error) => {
        this.#printed = error.message;
        resolve({ code: 1, signal: null });
      });
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
    stderr?.on('data', (text: Buffer) => (this.#printed = (this.#printed + text.toString()).slice(-MOST_FAILURE)));
    if (stdout !== null) for await (const line of createInterface(stdout)) this.#handle(line);
    return this.#outcome(await exited);
  }

  #handle(line: string): void {
    const item = itemOf(line);
    // Cut short, as by the death of the command, whose exit says the rest.
    if (item === undefined) return;
    if (item.type === 'run' && this.#run === undefined) {
      this.#run = item.status.id;
      this.hooks.begun(this.#run);
    }
    if (item.type === 'ended') this.#end = item.end;
    if (item.type !== 'evaluation') return;
    const { epoch, testError, perLayerError, validationError } = item;
    this.#last = { testError, perLayerError };
    if (validationError === undefined) return;
    // What has been rewound comes again.
    this.#errors.set(epoch, validationError);
    if (!this.hooks.evaluated(epoch, validationError) || this.#isEndedEarly) return;
    this.#isEndedEarly = true;
    this.#endEarly();
  }

  #endEarly(): void {
    const { connection } = this.site;
    if (connection === undefined) {
      this.#child.kill('SIGINT');
      return;
    }
    const args = [process.argv[1] ?? '', 'stop', this.#run ?? '', ...connectionArgs(connection)];
    spawn(process.execPath, args, { stdio: 'ignore' }).on('error', () => undefined);
  }

  #outcome({ code, signal }: Exit): Outcome | undefined {
    const about = {
      trial: this.trial,
      ...(this.#run !== undefined && { run: this.#run }),
      validationErrors: [...this.#errors],
    };
    const result = this.#end !== undefined && 'result' in this.#end ? this.#end.result : undefined;
    // One that is taken up after its last evaluation says only at its end what it has reached.
    const perLayerError = result?.perLayerError ?? this.#last?.perLayerError;
    const reached = {
      testError: result?.testError ?? this.#last?.testError,
      perLayerError: perLayerError && [...perLayerError],
      validationError: result?.validationError ?? [...this.#errors.values()].at(-1),
      epochs: result?.epochs,
      trainSeconds: result?.trainSeconds,
    };
    // It may have been through already when it was told to end.
    if (result?.outcome === 'completed') return { ...about, ...reached, state: 'completed' };
    if (this.#isEndedEarly) return { ...about, ...reached, state: 'ended-early' };
    if (this.#isStopped || (result !== undefined && code !== 0)) return undefined;
    const said = this.#end !== undefined && 'error' in this.#end ? this.#end.error.message : lastLine(this.#printed);
    const failure = said || (signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`);
    return { ...about, ...reached, state: 'failed', failure };
  }
}

function itemOf(line: string): StreamItem | undefined {
  try {
    return streamItem.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function lastLine(text: string): string {
  return (
    text
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^layerline: /, '') ?? ''
  );
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { PROGRAM } from './layerline.js';
import { until } from './processes.js';

/** A shell's line in which `layerline` is the command. */
type Line = (layerline: string) => string;

export interface Window {
  readonly columns: number;
  readonly rows: number;
  /** Working folder and home. */
  readonly cwd: string;
  /** The type of terminal that the command is told it has. */
  readonly term?: string;
}

/** A window of tmux, which shows what a terminal would. */
export class Terminal {
  readonly #folder = mkdtempSync(join(tmpdir(), 'layerline-tmux-'));

  /** Runs a shell's line in a window, which stays when the line has ended. Both go with the test. */
  constructor(t: Test, line: Line, { columns, rows, cwd, term = 'xterm-256color' }: Window) {
    const settings = { PATH: process.env['PATH'] ?? '', HOME: cwd, XDG_DATA_HOME: cwd, TERM: term };
    const env = ['env', '-i', ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)];
    // Ctrl-C is for the command: the shell goes on to `cat`, which keeps the window.
    const shell = ['sh', '-c', `trap : INT; ${line(`'${process.execPath}' '${PROGRAM}'`)}; cat`];
    t.teardown(() => {
      this.#tmux('kill-server');
      rmSync(this.#folder, { recursive: true });
    });
    this.#tmux('new-session', '-d', '-c', cwd, '-x', `${columns}`, '-y', `${rows}`, '--', ...env, ...shell);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  /** Types keys, by tmux's names for them. */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** Waits until the rows in the window are such. @returns these @throws with the rows that there are instead */
  async shows(what: string, isSo: (rows: readonly string[]) => boolean): Promise<readonly string[]> {
    let rows: readonly string[] = [];
    return until(what, () => {
      rows = this.shown();
      return isSo(rows) && rows;
    }).catch((cause: unknown) => {
      throw new Error([`There is no ${what}, but:`, ...rows].join('\n'), { cause });
    });
  }

  /** The rows in the window, without empty ones. */
  shown(): string[] {
    return this.#capture();
  }

  /** Every line since the window was opened, without empty ones; what the window's width has broken is one line. */
  everything(): string[] {
    return this.#capture('-J', '-S', '-');
  }

  #capture(...options: readonly string[]): string[] {
    const rows = this.#tmux('capture-pane', '-p', ...options).split('\n');
    return rows.map((row) => row.trimEnd()).filter((row) => row !== '');
  }

  #tmux(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(
      'tmux',
      ['-S', join(this.#folder, 'socket'), '-f', '/dev/null', ...args],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`tmux ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }
}

import { Writable } from 'node:stream';
import xterm from '@xterm/headless';

/**
 * A terminal in whose window everything that is written to it can be read, as a person would. It breaks lines anew when its
 * width changes, or cuts them off, and says who it is in this process's environment, as terminals do.
 */
export class Screen extends Writable {
  readonly isTTY = true;
  readonly #terminal: xterm.Terminal;

  constructor(
    public columns: number,
    public rows: number,
    breaksAnew = true,
  ) {
    super();
    for (const name of ['CI', 'STY', 'TMUX', 'XTERM_VERSION']) delete process.env[name];
    process.env['TERM'] = 'xterm';
    if (!breaksAnew) process.env['XTERM_VERSION'] = 'XTerm(390)';
    // Old consoles of Windows do not.
    const windowsPty = breaksAnew ? {} : { backend: 'conpty' as const, buildNumber: 1 };
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true, windowsPty });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#terminal.write(chunk, done);
  }

  /** Gives the window another size, and tells whoever writes to it. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#written();
    this.#terminal.resize(columns, rows);
    [this.columns, this.rows] = [columns, rows];
    this.emit('resize');
  }

  /** The rows in the window, without empty ones at its foot. */
  async shown(): Promise<string[]> {
    const all = await this.#all();
    return trimmed(all.slice(this.#terminal.buffer.active.baseY));
  }

  /** The rows that have scrolled out of the window, and those in it. */
  async everything(): Promise<string[]> {
    return trimmed(await this.#all());
  }

  async #all(): Promise<string[]> {
    await this.#written();
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: active.length },
      (_, row) => active.getLine(row)?.translateToString(true, 0, this.columns).trimEnd() ?? '',
    );
  }

  #written(): Promise<void> {
    return new Promise((resolve) => this.write('', () => this.#terminal.write('', resolve)));
  }
}

function trimmed(rows: readonly string[]): string[] {
  return rows.slice(0, rows.findLastIndex((row) => row !== '') + 1);
}

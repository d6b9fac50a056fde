import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly folder?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** Called when the command writes. */
  readonly onOutput?: () => void;
}

export interface CommandResult {
  /** null where the command died of a signal, or could not be started. */
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  /** Whether there is such a program at all. */
  readonly started: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of each output, from the end, where a command that fails says why. */
const KEPT_CHARACTERS = 64 * 1024;
const WINDOWS = process.platform === 'win32';

/**
 * Runs a command to its end.
 * @throws the signal's reason when it is aborted; the command and all that it has started are then gone
 */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { folder, environment = process.env, signal } = options;
  signal?.throwIfAborted();
  // A process group of its own, which can be killed as a whole: compilers and scripts start other processes.
  const child = spawn(command, args, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !WINDOWS,
  });
  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      if (WINDOWS) child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has already ended.
    }
  };
  signal?.addEventListener('abort', kill, { once: true });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] = (texts[name] + text).slice(-KEPT_CHARACTERS);
      options.onOutput?.();
    });
  }
  try {
    return await new Promise<CommandResult>((resolve) => {
      child.on('error', () => resolve({ code: null, killedBy: null, started: false, ...texts }));
      child.on('close', (code, killedBy) => resolve({ code, killedBy, started: true, ...texts }));
    });
  } finally {
    signal?.removeEventListener('abort', kill);
    signal?.throwIfAborted();
  }
}

/** The most telling line of a command's output: the first with an error, else the last. */
export function tellingLine({ stdout, stderr }: CommandResult): string {
  const lines = [...stdout.split('\n'), ...stderr.split('\n')].map((line) => line.trim()).filter((line) => line !== '');
  return lines.find((line) => /error(?: \[\w+\])?: |ERR! /i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
}

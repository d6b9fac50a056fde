import { readFileSync } from 'node:fs';
import { isAlive } from '@layerline/process';

/** How often it is looked after. */
const INTERVAL_MS = 500;
/** Between npm and this process there is a shell, or two. */
const MOST_BETWEEN = 3;

/**
 * Tells once npm (or npx) has gone away, if it has started this process: it passes some signals on to nobody, and what it has started
 * would go on for nobody. A shell is not waited for: it may be left on purpose, as by nohup.
 * @returns stops looking
 */
export function onLauncherGone(gone: () => void, environment: NodeJS.ProcessEnv = process.env): () => void {
  const launcher = environment['npm_execpath'] === undefined ? undefined : findNpm(process.ppid);
  if (launcher === undefined) return () => undefined;
  const timer = setInterval(() => {
    if (isAlive(launcher)) return;
    clearInterval(timer);
    gone();
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** npm among the processes above this one; undefined where there is none, or the system does not tell. */
function findNpm(first: number): number | undefined {
  for (let pid = first, between = 0; pid > 1 && between < MOST_BETWEEN; between++) {
    const [command, parent] = [read(pid, 'cmdline').replaceAll('\0', ' '), /^PPid:\s+(\d+)/m.exec(read(pid, 'status'))];
    if (/^(\S*node )?\S*\bnp[mx]\b/.test(command)) return pid;
    pid = Number(parent?.[1] ?? 0);
  }
  return undefined;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

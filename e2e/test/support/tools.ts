import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const isCI = process.env['CI'] === 'true';

/** Why tests that need a program are skipped, or false where it is there; never skipped in CI, which installs them all. */
export function skipWithout(program: string, ...args: readonly string[]): string | false {
  return !isCI && spawnSync(program, args).status !== 0 && `there is no ${[program, ...args].join(' ')} here`;
}

/** Runs a program to its end. @returns what it prints @throws with what it complains of, where it fails */
export async function run(program: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, args)).stdout;
}

/** What a program makes of its standard input. */
export async function feed(program: string, args: readonly string[], input: string) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

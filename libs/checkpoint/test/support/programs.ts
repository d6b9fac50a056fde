import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts a program of `fixtures` that works in a folder and sends what it has reached. */
export function startProgram(name: string, folder: string): ChildProcess {
  return fork(fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url)), [folder]);
}

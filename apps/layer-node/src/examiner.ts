import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { capabilities, parse } from '@layerline/protocol';
import type { Capabilities } from '@layerline/protocol';
import * as z from 'zod';
import { withoutSecrets } from './environment.js';

const PROGRAM = fileURLToPath(import.meta.resolve('./examiner-main.js'));

/** One that takes longer hangs. The largest plans take a minute on a machine that has other work. */
const DEADLINE_MS = 300_000;

/** What the examining process is asked: the numerics of a plan, or which engines work and how fast. */
export const question = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('numerics'), settings: z.unknown() }),
  z.strictObject({ type: z.literal('engines') }),
]);
export type Question = z.infer<typeof question>;

/** And what it answers. */
export const answer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('numerics'), numerics: z.string() }),
  z.strictObject({ type: z.literal('engines'), engines: capabilities.shape.engines }),
  z.strictObject({ type: z.literal('error'), message: z.string() }),
]);
export type Answer = z.infer<typeof answer>;

/** The numerics of a plan on this machine. @param settings the plan @throws Error with what went wrong there */
export async function numericsHere(settings: unknown): Promise<string> {
  const found = await ask({ type: 'numerics', settings });
  if (found.type === 'numerics') return found.numerics;
  throw new Error(`the examiner answered with ${found.type}`);
}

/** The engines that work on this machine. @throws Error with what went wrong */
export async function enginesHere(): Promise<Capabilities['engines']> {
  const found = await ask({ type: 'engines' });
  if (found.type === 'engines') return found.engines;
  throw new Error(`the examiner answered with ${found.type}`);
}

/**
 * Asks in a process of its own: an engine that crashes takes nothing else down, and its memory is given back.
 * @throws Error with what went wrong, or that there was no answer by the deadline: the process is ended then
 */
export function ask(
  asked: Question,
  program = PROGRAM,
  deadlineMs = DEADLINE_MS,
): Promise<Exclude<Answer, { type: 'error' }>> {
  return new Promise((resolve, reject) => {
    const child = fork(program, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: withoutSecrets(process.env) });
    const deadline = setTimeout(() => {
      reject(new Error(`the examiner has not answered within ${deadlineMs / 1000} s`));
      child.kill('SIGKILL');
    }, deadlineMs);
    child.once('close', () => clearTimeout(deadline));
    child.once('message', (raw) => {
      const found = parse(answer, raw);
      if (found.type === 'error') reject(new Error(found.message));
      else resolve(found);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the examiner ended with ${signal ?? `exit code ${code}`}`)));
    child.send(asked);
  });
}

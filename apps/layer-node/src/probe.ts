import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parse } from '@layerline/protocol';

const PROGRAM = fileURLToPath(import.meta.resolve('./probe-main.js'));

/** What the probing process answers. */
export const probeAnswer = z.union([
  z.strictObject({ fingerprint: z.string() }),
  z.strictObject({ error: z.string() }),
]);
export type ProbeAnswer = z.infer<typeof probeAnswer>;

/**
 * Works out the fingerprint of a plan on this machine, in a process of its own: an engine that crashes takes nothing
 * else down, and its memory is given back.
 * @param settings the plan @throws Error with what went wrong there
 */
export function probe(settings: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.once('message', (raw) => {
      const answer = parse(probeAnswer, raw);
      if ('fingerprint' in answer) resolve(answer.fingerprint);
      else reject(new Error(answer.error));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the probe ended with ${signal ?? `exit code ${code}`}`)));
    child.send(settings as object);
  });
}

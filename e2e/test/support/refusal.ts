import type { Test } from 'tap';
import type { Ended } from './layerline.js';

const ONE_LINE = /^layerline: [^\n]+\n$/;

/** How a command is to be refused. */
export interface Refusal {
  readonly code?: number;
  /** What the line has to say. */
  readonly says: readonly (string | RegExp)[];
}

/** Checks that a command has said in one line what is wrong, and nothing else. */
export function isRefusal(t: Test, ended: Ended, { code = 1, says }: Refusal): void {
  t.equal(ended.code, code, 'exit code');
  t.equal(ended.stdout, '');
  t.match(ended.stderr, ONE_LINE);
  for (const text of says) t.match(ended.stderr, text);
}

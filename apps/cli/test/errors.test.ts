import { ConfigError } from '@layerline/plan';
import t from 'tap';
import type { Test } from 'tap';
import { explain } from '../src/errors.js';
import { hintFor } from '../src/hints.js';
import { InterruptedError } from '../src/interruption.js';

/** What is told of an error, and with which exit code. */
function told(t: Test, error: unknown): readonly [text: string, exitCode: number] {
  const written = t.capture(process.stderr, 'write', () => true);
  const exitCode = explain(error);
  return [
    written()
      .map(({ args }) => String(args[0]))
      .join(''),
    exitCode,
  ];
}

t.test('every error begins in the same way, whatever it is', (t) => {
  t.same(told(t, new ConfigError('port: no')), ['layerline: port: no\n', 2]);
  t.same(told(t, Object.assign(new Error('gone'), { code: 'ERR_GONE' })), ['layerline: gone\n', 1]);
  t.same(told(t, new InterruptedError(130)), ['layerline: stopped\n', 130]);
  const [text, exitCode] = told(t, new TypeError('x is not a function'));
  t.match(
    text,
    /^layerline: a fault of its own, to be reported with these lines: TypeError: x is not a function\n {4}at /,
  );
  t.equal(exitCode, 1);
  t.same(told(t, 'thrown'), ['layerline: a fault of its own, to be reported with these lines: thrown\n', 1]);
  t.end();
});

t.test('names from elsewhere get a hint, where settings of a training are taken', (t) => {
  const hint = (option: string, command = 'train'): string =>
    hintFor(`error: unknown option '${option}'\n`, [command, option]);
  t.equal(hint('--lr'), "error: unknown option '--lr' (here it is --learning-rate)\n");
  t.equal(hint('--workers'), "error: unknown option '--workers' (here it is --threads, or --shards)\n");
  t.equal(hint('--hidden', 'plan'), "error: unknown option '--hidden' (here it is --layers)\n");
  t.equal(hint('-e'), "error: unknown option '-e' (here it is --epochs)\n");
  t.equal(hint('-b'), "error: unknown option '-b' (here it is --batch)\n");
  t.equal(hint('--output'), "error: unknown option '--output' (here it is --out)\n");
  t.match(hint('--lr-decay'), '(here it is --schedule, or --decay-by for --schedule steps)');
  t.match(hint('--gpu'), '(it computes on processors alone, and --engine says with what)');
  t.match(hint('--run-name'), '(here it is --name)');
  t.equal(hint('--lr', 'status'), "error: unknown option '--lr'\n");
  t.equal(hint('--xyz'), "error: unknown option '--xyz'\n");
  t.end();
});

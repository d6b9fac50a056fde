import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { layerline, PROGRAM } from '../support/layerline.js';
import { isRefusal } from '../support/refusal.js';
import { run, skipWithout } from '../support/tools.js';

/** Ids of runs, as they are folders. */
const RUNS = ['2026-01-31T12-00-00-1a2b', '2026-01-30T12-00-00-3c4d'];

/** A folder with runs and files in it, and a `layerline` on the path. @returns what starts a shell there */
function home(t: Test): readonly string[] {
  const folder = t.testdir({ 'sweep.yaml': '', bin: {} });
  for (const id of RUNS) mkdirSync(join(folder, 'runs', id), { recursive: true });
  const command = join(folder, 'bin', 'layerline');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  chmodSync(command, 0o755);
  const path = [join(folder, 'bin'), process.env['PATH']].join(delimiter);
  return ['-C', folder, '-i', `PATH=${path}`, `HOME=${folder}`, 'TERM=dumb'];
}

/** What each line comes to, in every shell. */
const CASES: readonly (readonly [typed: readonly string[], candidates: readonly string[]])[] = [
  [['trai'], ['train']],
  [['runs', 'p'], ['prune']],
  [['train', '--sched'], ['--schedule']],
  [
    ['train', '--schedule', 'co'],
    ['constant', 'cosine'],
  ],
  [
    ['export', '--format', 't'],
    ['tensorboard', 'tfjs'],
  ],
  [['train', '--resume', ''], RUNS],
  [['attach', '2026-01-30'], ['2026-01-30T12-00-00-3c4d']],
  [['sweep', 's'], ['sweep.yaml']],
  [['logs', 'no-run', ''], []],
];

t.test('bash', { skip: skipWithout('bash', '--version') }, async (t) => {
  const shell = [...home(t), 'bash', '--norc', '-c'];
  const script = 'eval "$(layerline completion bash)"; COMP_WORDS=(layerline "$@"); COMP_CWORD=$#; _layerline';
  const candidates = async (...typed: readonly string[]): Promise<string[]> => {
    const printed = await run('env', [...shell, `${script}; printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', ...typed]);
    return printed.split('\n').filter((line) => line !== '');
  };
  for (const [typed, expected] of CASES) t.same(await candidates(...typed), expected, typed.join(' '));
  t.same(await candidates('train', '--schedule', '=', 'co'), ['constant', 'cosine'], 'as bash splits words');
  t.same(await candidates('evaluate', 'ru'), ['runs'], 'a folder');
});

t.test('fish', { skip: skipWithout('fish', '--version') }, async (t) => {
  const shell = [...home(t), 'fish', '--no-config', '-c'];
  const candidates = async (line: string): Promise<string[]> => {
    const script = `layerline completion fish | source; complete -C '${line}'`;
    const printed = await run('env', [...shell, script]);
    return printed.split('\n').flatMap((each) => each.split('\t')[0] || []);
  };
  for (const [typed, expected] of CASES) t.same(await candidates(`layerline ${typed.join(' ')}`), expected);
  t.same(await candidates('layerline train --schedule=co'), ['--schedule=constant', '--schedule=cosine']);
});

/** Presses the tab key at the end of a line in a terminal of zsh's own, and prints what is offered there. */
const ZSH = `
zmodload zsh/zpty
zpty terminal "zsh -f -i"
zpty -w terminal 'autoload -U compinit; compinit -D -u; eval "$(layerline completion zsh)"'
zpty -w terminal 'compadd() {
  if [[ "$*" == *-[OAD]\\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits; builtin compadd -O hits "$@"; print -rl -- $hits >>offered; builtin compadd "$@"
}'
zpty -w terminal 'over() { print over >>offered }; comppostfuncs=(over)'
zpty -wn terminal "$1"$'\\t'
until grep -qs '^over$' offered; do zpty -rt terminal >/dev/null; sleep 0.05; done
grep -v '^over$' offered
rm offered
`;

t.test('zsh', { skip: skipWithout('zsh', '--version') }, async (t) => {
  const shell = [...home(t), 'zsh', '-f', '-c', ZSH, 'zsh'];
  const candidates = async (line: string): Promise<string[]> => {
    const printed = await run('env', [...shell, line]);
    return [...new Set(printed.split('\n').filter((each) => each !== ''))];
  };
  for (const [typed, expected] of CASES) {
    if (expected.length > 0) t.same(await candidates(`layerline ${typed.join(' ')}`), expected);
  }
  t.same(await candidates('layerline train --schedule=co'), ['constant', 'cosine']);
});

t.test('another shell is refused with those that there are', async (t) => {
  isRefusal(t, await layerline(t, ['completion', 'tcsh']), { code: 2, says: ['bash, zsh, fish'] });
});

t.test('whoever presses the tab key is told of no error', async (t) => {
  const env = { LAYERLINE_EPOCH: '1' };
  const { code, stdout, stderr } = await layerline(t, ['complete', '--', 'train', '--resume', ''], { env });
  t.same([code, stdout, stderr], [0, '', '']);
});

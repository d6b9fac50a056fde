import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import t from 'tap';
import { writeProfile } from '../src/client/profiles.js';
import { complete, ofWords } from '../src/completion/complete.js';
import { VALUES } from '../src/completion/values.js';

/** A program with commands of each kind. */
function program(): Command {
  const root = new Command('program').version('1');
  root
    .command('train')
    .description('train a network')
    .addOption(new Option('--engine <name>', 'with what').choices(['auto', 'onnx']))
    .option('--out <folder>', 'where')
    .option('--coordinator [address]', 'on whose nodes')
    .option('--schedule <name>', 'of the rate')
    .option('--from <run>', 'another')
    .option('--set <name...>', 'again and again')
    .option('--quiet', 'print nothing');
  root.command('compare').argument('<run...>', 'folders of runs, or their ids');
  const runs = root.command('runs').option('--json', 'as JSON');
  runs.command('show').argument('<run>', 'id of a run');
  runs.command('rm').configureHelp({ showGlobalOptions: true }).argument('<run>', 'id of a run');
  return root;
}

const NAMES = {
  ofOption: async (option: Option) => Promise.resolve(ofWords([`value of ${option.attributeName()}`])),
  ofArgument: async () => Promise.resolve({ ...ofWords(['a run']), paths: 'folders' as const }),
};

async function words(...typed: string[]): Promise<string[]> {
  return (await complete(program(), typed, NAMES)).words.map(({ word }) => word);
}

t.test('commands and those below them come first, and say what they are', async (t) => {
  t.same(await words(''), ['train', 'compare', 'runs', 'help']);
  t.same((await complete(program(), ['tr'], NAMES)).words, [{ word: 'train', about: 'train a network' }]);
  t.same(await words('runs', ''), ['show', 'rm', 'help']);
  t.same(await words('runs', 's'), ['show']);
  t.same(await words('nothing', ''), ['--version', '--help']);
});

t.test('options are those that are not there yet, and where nothing else can stand all of them', async (t) => {
  t.same(await words('train', '--q'), ['--quiet']);
  t.same(await words('train', '--quiet', '--q'), []);
  t.same(await words('train', '--set', 'a', '--se'), ['--set'], 'some can be repeated');
  t.same(await words('runs', 'show', 'a run', ''), ['--help']);
  t.same(await words('runs', 'rm', 'a', '--'), ['--help', '--json', '--version'], 'those above that have an effect');
  t.same(await words('train', '--', '--q'), []);
});

t.test('values follow their option, after a space or an equals sign', async (t) => {
  t.same(await words('train', '--engine', ''), ['auto', 'onnx']);
  t.same(await words('train', '--engine', 'o'), ['onnx']);
  t.same(await words('train', '--engine=o'), ['onnx']);
  t.same(await words('train', '--engine', '='), ['auto', 'onnx'], 'as bash splits it');
  t.same(await words('train', '--engine', '=', 'o'), ['onnx']);
  t.same(await words('train', '--out', '=', 'x', '--q'), ['--quiet']);
  t.same(await words('train', '--out', ''), ['value of out']);
  t.same(await words('train', '--nothing=', ''), await words('train', ''));
  t.same(await words('train', '--coordinator', ''), ['value of coordinator']);
  t.same(await words('train', '--coordinator', '--q'), ['--quiet'], 'a value that may be left out');
});

t.test('arguments are counted, and the last may be repeated', async (t) => {
  t.same(await complete(program(), ['compare', 'x', ''], NAMES), { words: [{ word: 'a run' }], paths: 'folders' });
  t.same(await words('runs', 'show', '--json', 'x', ''), ['--help'], 'an option takes no place');
});

t.test('values are those that this machine has', async (t) => {
  const folder = t.testdir();
  process.env['XDG_CONFIG_HOME'] = join(folder, 'config');
  for (const id of ['2026-01-01', '2026-01-02']) mkdirSync(join(folder, 'runs', id), { recursive: true });
  writeProfile('lab', { coordinator: 'ws://127.0.0.1:7878' }, false);
  const found = async (...typed: string[]) => complete(program(), typed, VALUES);
  t.same((await found('train', '--out', join(folder, 'runs'), '--from', '')).words, [
    { word: '2026-01-02' },
    { word: '2026-01-01' },
  ]);
  t.same((await found('train', '--coordinator', '')).words, [{ word: 'lab' }, { word: 'local' }]);
  t.same((await found('train', '--schedule', 'co')).words, [{ word: 'constant' }, { word: 'cosine' }]);
  t.same(await found('train', '--out', ''), { words: [], paths: 'folders' });
});

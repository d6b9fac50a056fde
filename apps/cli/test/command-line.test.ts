import { execFileSync } from 'node:child_process';
import t from 'tap';
import { commandLine, optionWords } from '../src/display/command-line.js';

t.test('a command is typed as a shell takes it', (t) => {
  t.equal(commandLine('attach', '2026-01-31T12-00-00-1a2b'), 'layerline attach 2026-01-31T12-00-00-1a2b');
  const words = ['train', '--resume', "my runs/it's one", '$HOME', ''];
  const said = commandLine(...words).replace(/^layerline/, 'printf "%s\\n"');
  t.same(execFileSync('sh', ['-c', said]).toString(), `${words.join('\n')}\n`);
  t.end();
});

t.test('options are typed as they were given', (t) => {
  const options = { coordinator: 'ws://127.0.0.1:7878', tokenFile: 'a.token', ca: undefined, insecure: true };
  t.same(optionWords(options), ['--coordinator', 'ws://127.0.0.1:7878', '--token-file', 'a.token', '--insecure']);
  t.end();
});

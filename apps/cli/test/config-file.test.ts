import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { readConfigFile } from '../src/config-file.js';

function read(t: Test, name: string, content: string | Buffer): Record<string, unknown> {
  const directory = t.testdir();
  writeFileSync(join(directory, name), content);
  return readConfigFile(join(directory, name), name);
}

function refuses(t: Test, name: string, content: string | Buffer, says: string | RegExp): void {
  t.throws(() => read(t, name, content), { name: 'ConfigError', code: 'ERR_CONFIG', message: says }, String(says));
}

t.test('JSON and YAML are read', async (t) => {
  const values = { layers: [10, 20], placement: { 'layer-1': 'box' } };
  t.strictSame(read(t, 'c.json', JSON.stringify(values, undefined, '\t')), values);
  t.strictSame(read(t, 'c.yaml', '# mine\nlayers: &w [10, 20]\nplacement:\n  layer-1: box\n'), values);
  t.strictSame(read(t, 'c.yaml', 'a: &a [1]\nb: *a\n'), { a: [1], b: [1] }, 'aliases');
  t.strictSame(read(t, 'c.yaml', '# epochs: 3\n'), {}, 'comments alone');
});

t.test('a byte order mark is none of the text, and what is no UTF-8 is refused', async (t) => {
  t.strictSame(read(t, 'c.json', '\ufeff{ "epochs": 1 }'), { epochs: 1 });
  t.strictSame(read(t, 'c.yaml', '\ufeffepochs: 1\r\n'), { epochs: 1 });
  refuses(
    t,
    'c.json',
    Buffer.from('\ufeff{ "epochs": 1 }', 'utf16le'),
    'c.json: is not valid UTF-8: save it in that encoding',
  );
});

t.test("a run's own record gives its config", async (t) => {
  const config = { epochs: 3, layers: [10] };
  const record = { layerline: '0.1.0', config, plan: { layers: [{ objective: { alpha: 1 } }] } };
  t.strictSame(read(t, 'config.json', JSON.stringify(record)), config);
  t.strictSame(
    read(t, 'c.json', '{ "config": { "epochs": 3 } }'),
    { config: { epochs: 3 } },
    'another file with that key',
  );
});

t.test('keys that are there twice are refused, wherever they are', async (t) => {
  refuses(t, 'c.json', '{ "epochs": 1, "epochs": 2 }', 'c.json: has the key "epochs" twice: remove one of them');
  refuses(t, 'c.json', '{ "placement": { "layer-1": "a", "layer-1": "b" } }', /the key "layer-1" twice/);
  refuses(t, 'c.json', '{\n\t"epochs": 1,\n\t"ep\\u006fchs": 2\n}', /the key "epochs" twice/);
  refuses(t, 'c.yaml', 'epochs: 1\nseed: 1\nepochs: 2\n', 'c.yaml: has the key "epochs" twice: remove one of them');
});

t.test('what grows or goes on without end is refused', async (t) => {
  const deep = 'c.NAME: is nested more than 32 levels deep, too deep for a config';
  refuses(t, 'c.json', '['.repeat(30_000) + ']'.repeat(30_000), deep.replace('NAME', 'json'));
  for (const level of ['[', '{a: ', '- ', '? '])
    refuses(t, 'c.yaml', level.repeat(10_000), deep.replace('NAME', 'yaml'));
  const laughs = 'bcdefgh'.split('').map((name, index) => {
    const before = 'abcdefg'[index];
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]\n`;
  });
  refuses(t, 'c.yaml', `a: &a [ha, ha]\n${laughs.join('')}`, /^c\.yaml: cannot be read: Excessive alias count/);
  refuses(t, 'c.json', `{ "out": "${'x'.repeat(70_000)}" }`, 'c.json: cannot be read: it holds more than 65536 bytes');
  // Which stands for itself is for its place to refuse.
  const { a } = read(t, 'c.yaml', 'a: &a [*a]\n') as { a: unknown[] };
  t.equal(a[0], a);
});

t.test('mistakes are told in one line', async (t) => {
  refuses(t, 'c.json', '{\n  "a": \x1b\n}', /^c\.json: cannot be read: [^\n\x1b]*\\x1b[^\n\x1b]*$/);
  refuses(t, 'c.yaml', 'a: [1\nb: 2\n', /^c\.yaml: cannot be read: [^\n]*, at line 2, column 1$/);
  refuses(t, 'c.yaml', 'a: !int 5\n', 'c.yaml: cannot be read: Unresolved tag: !int, at line 1, column 4');
  refuses(
    t,
    'c.yaml',
    'a: 1\n---\nb: 2\n',
    /it contains a second document, but a config file may have only one, at line 2, column 1$/,
  );
  refuses(t, 'c.yaml', 'a: *b\n', /^c\.yaml: cannot be read: Unresolved alias/);
  refuses(t, 'c.yaml', '\n', 'c.yaml: has to consist of keys and values');
  refuses(t, 'c.yaml', 'just words', 'c.yaml: has to consist of keys and values');
  const notJson = /cannot be read: .*\. JSON has no comments, and no comma after the last entry$/;
  refuses(t, 'c.json', '{\n  // fast\n  "epochs": 1\n}', notJson);
  refuses(t, 'c.json', '{ "layers": [10, 20,] }', notJson);
  refuses(t, 'c.json', '{ "epochs": }', /^((?!comments).)*$/);
});

t.test('only plain files are read', { skip: process.platform === 'win32' && 'no such files' }, async (t) => {
  const directory = t.testdir();
  const [pipe, socket] = [join(directory, 'pipe.json'), join(directory, 'socket')];
  execFileSync('mkfifo', [pipe]);
  const server = createServer().listen(socket);
  await once(server, 'listening');
  t.teardown(() => server.close());
  for (const [path, is] of [
    [directory, 'a directory'],
    [pipe, 'a pipe'],
    [socket, 'a socket'],
    ['/dev/zero', 'a device'],
  ] as const) {
    t.throws(() => readConfigFile(path, 'it'), { message: `it: cannot be read: it is ${is}, not a plain file` });
  }
});

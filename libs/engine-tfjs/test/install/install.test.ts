import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { installTensorflow } from '../../src/index.js';
import { findNodePackage, installFolder } from '../../src/native-part.js';
import { makeZip } from './make-zip.js';

const nodePackage = findNodePackage();
const skip = nodePackage === undefined ? 'the package @tensorflow/tfjs-node is not installed' : false;
const onLinux = skip || (platform() !== 'linux' && '--library is for Linux');

const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/** What begins like a shared library for a processor. */
function elf(machine: number | undefined): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.write('\x7fELF', 'latin1');
  bytes.writeUInt16LE(machine ?? 0, 18);
  return bytes;
}

function wheel({ version = '2.15.0', machine = MACHINES[arch()] } = {}): Record<string, Buffer> {
  const [major, minor, patch] = version.split('.');
  const defines = `#define TF_MAJOR_VERSION ${major}\n#define TF_MINOR_VERSION ${minor}\n#define TF_PATCH_VERSION ${patch}\n`;
  return {
    'tensorflow/include/tensorflow/c/c_api.h': Buffer.from('// the C API\n'),
    'tensorflow/include/tensorflow/core/public/version.h': Buffer.from(defines),
    'tensorflow/libtensorflow_cc.so.2': elf(machine),
    'tensorflow/libtensorflow_framework.so.2': elf(machine),
  };
}

function unpack(files: Readonly<Record<string, Buffer>>, folder: string): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Sets the environment, and a folder of native parts, for the time of a test. */
function prepare(t: Test, environment: Readonly<Record<string, string>> = {}): { home: string; folder: string } {
  const folder = t.testdir();
  const home = join(folder, 'native');
  const settings = { LAYERLINE_TENSORFLOW: home, ...environment };
  for (const [name, value] of Object.entries(settings)) {
    const before = process.env[name];
    process.env[name] = value;
    t.teardown(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
  return { home, folder };
}

/** A compiler to name in CXX that does as the script says. */
function compiler(folder: string, script: string): string {
  const file = join(folder, 'cxx.cjs');
  const answer = `if (process.argv.includes('--version')) process.exit(0);\n`;
  writeFileSync(file, answer + script);
  return `${process.execPath} ${file}`;
}

async function refuses(t: Test, library: string, home: string, expected: object): Promise<void> {
  const error = await installTensorflow({ library }).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  t.match(error, { name: 'TensorflowInstallError', ...expected });
  t.notMatch(error?.message, /\n/, 'one line');
  t.same(existsSync(home) ? readdirSync(home) : [], [], 'nothing is left behind');
}

await t.test('what is not a library is refused, and nothing is left', { skip: onLinux }, async (t) => {
  const { home, folder } = prepare(t, { CXX: process.execPath });
  const text = join(folder, 'notes.txt');
  writeFileSync(text, 'a text');
  const zip = join(folder, 'other.whl');
  writeFileSync(zip, makeZip({ 'numpy/version.py': 'version = 1' }));
  const half = join(folder, 'half.whl');
  writeFileSync(half, makeZip(wheel()).subarray(0, 200));
  const script = unpack(
    { ...wheel(), 'tensorflow/libtensorflow_cc.so.2': Buffer.from('#!/bin/sh\n'.repeat(9)) },
    join(folder, 's'),
  );
  mkdirSync(join(folder, 'empty'));

  await refuses(t, join(folder, 'gone'), home, { code: 'ERR_INSTALL_LIBRARY_MISSING' });
  const code = 'ERR_INSTALL_NOT_A_LIBRARY';
  await refuses(t, text, home, { code, message: /notes\.txt is not a wheel: name a wheel of tensorflow-cpu 2\.15/ });
  await refuses(t, zip, home, { code, message: /other\.whl does not hold TensorFlow's C library/ });
  await refuses(t, join(folder, 'empty'), home, { code, message: /there is no include\/tensorflow\/c\/c_api\.h/ });
  await refuses(t, script, home, { code, message: /libtensorflow_cc\.so\.2 is not a library of Linux/ });
  await refuses(t, half, home, { code: 'ERR_INSTALL_LIBRARY_DAMAGED' });
});

await t.test('a library that does not fit is refused, from a wheel and from a folder', { skip: onLinux }, async (t) => {
  const { home, folder } = prepare(t, { CXX: process.execPath });
  for (const version of ['1.15.0', '2.8.4', '2.16.1', '3.15.0']) {
    const files = wheel({ version });
    const packed = join(folder, `${version}.whl`);
    writeFileSync(packed, makeZip(files));
    const message = new RegExp(`is TensorFlow ${version}, and tfjs-node works with 2\\.9 to 2\\.15`);
    const expected = { code: 'ERR_INSTALL_LIBRARY_VERSION', message };
    await refuses(t, packed, home, expected);
    await refuses(t, unpack(files, join(folder, version)), home, expected);
    await refuses(t, join(folder, version, 'tensorflow'), home, expected);
  }
  const machine = arch() === 'x64' ? MACHINES['arm64'] : MACHINES['x64'];
  const foreign = wheel({ machine });
  const packed = join(folder, 'foreign.whl');
  writeFileSync(packed, makeZip(foreign));
  const expected = { code: 'ERR_INSTALL_LIBRARY_ARCHITECTURE', message: new RegExp(`and this machine is ${arch()}`) };
  await refuses(t, packed, home, expected);
  await refuses(t, unpack(foreign, join(folder, 'foreign')), home, expected);
});

await t.test('a compiler that is missing or fails is told of', { skip: onLinux }, async (t) => {
  const { home, folder } = prepare(t, { CXX: 'no-such-compiler -pipe' });
  const library = join(folder, 'tf.whl');
  writeFileSync(library, makeZip(wheel()));
  const missing = { code: 'ERR_INSTALL_COMPILER', message: /no C\+\+ compiler "no-such-compiler -pipe": install one/ };
  await refuses(t, library, home, missing);

  process.env['CXX'] = compiler(
    folder,
    `console.error('In file x:\\nx.cc:1: error: no\\n1 error'); process.exit(1);\n`,
  );
  await refuses(t, library, home, { code: 'ERR_INSTALL_COMPILE', message: /: x\.cc:1: error: no$/ });
});

await t.test('an addon that does not work takes no place', { skip: onLinux }, async (t) => {
  const { home, folder } = prepare(t);
  const record = join(folder, 'arguments.json');
  const script = `const [fs, all] = [require('node:fs'), process.argv.slice(2)];
    fs.writeFileSync(all[all.indexOf('-o') + 1], 'no addon');
    fs.writeFileSync(${JSON.stringify(record)}, JSON.stringify(all.filter((each) => /\\.(cc|2)$|rpath/.test(each))));\n`;
  process.env['CXX'] = compiler(folder, script);
  t.teardown(() => delete process.env['CXX']);
  const wheelLibraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
  const { 'tensorflow/include/tensorflow/c/c_api.h': header = '' } = wheel();
  const forC = {
    'include/tensorflow/c/c_api.h': Buffer.from(header),
    'lib/libtensorflow.so.2': elf(MACHINES[arch()]),
    'lib/libtensorflow_framework.so.2': elf(MACHINES[arch()]),
  };
  for (const [library, libraries] of [
    [unpack(wheel(), join(folder, 'site-packages')), wheelLibraries],
    [join(folder, 'site-packages', 'tensorflow'), wheelLibraries],
    [unpack(forC, join(folder, 'libtensorflow')), ['libtensorflow.so.2', 'libtensorflow_framework.so.2']],
  ] as const) {
    await refuses(t, library, home, { code: 'ERR_INSTALL_CHECK', message: /on this machine: .*tfjs_binding/ });
    const compiled = JSON.parse(readFileSync(record, 'utf8')) as string[];
    t.equal(compiled.pop(), '-Wl,-rpath,$ORIGIN/../../deps/lib');
    t.same(
      compiled.map((file) => basename(file)),
      ['tfjs_backend.cc', 'tfjs_binding.cc', ...libraries],
    );
  }
});

await t.test('what was installed before stays when an installation fails', { skip: onLinux }, async (t) => {
  const { home, folder } = prepare(t, { CXX: 'no-such-compiler' });
  if (nodePackage === undefined) return;
  const installed = installFolder(nodePackage);
  t.equal(dirname(installed), home);
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'kept'), '');
  // Linux gives no process so high a number.
  const abandoned = `${installed}.installing-${2 ** 22 + 1}`;
  mkdirSync(abandoned);
  await t.rejects(installTensorflow({ library: unpack(wheel(), join(folder, 'tf')) }), {
    code: 'ERR_INSTALL_COMPILER',
  });
  t.same(readdirSync(installed), ['kept']);
  t.notOk(existsSync(abandoned), 'what a killed installation left is removed');
});

await t.test('without a network the download fails at once', { skip }, async (t) => {
  const { home } = prepare(t, { TFJS_NODE_CDN_STORAGE: 'http://127.0.0.1:1/', HTTP_PROXY: '', http_proxy: '' });
  const steps: string[] = [];
  const message = /could not download its native part \(.*ECONNREFUSED.*\): give it a wheel .* with --library/;
  const installation = installTensorflow({ onProgress: ({ step }) => steps.push(step) });
  await t.rejects(installation, { code: 'ERR_INSTALL_DOWNLOAD', message });
  t.equal(steps[0], 'Downloading TensorFlow');
  t.same(readdirSync(home), []);
});

await t.test('a proxy is used, and named where the download fails', { skip }, async (t) => {
  const { home } = prepare(t, { https_proxy: '127.0.0.1:1', HTTPS_PROXY: '' });
  const by =
    /could not download its native part \(.*ECONNREFUSED.*, by the proxy 127\.0\.0\.1:1 of https_proxy: is it there/;
  await t.rejects(installTensorflow(), { code: 'ERR_INSTALL_DOWNLOAD', message: by });
  process.env['https_proxy'] = 'http://me:secret@';
  const malformed = /native part \(https_proxy is not the address of a proxy: write http:\/\/HOST:PORT, or unset it\)/;
  await t.rejects(installTensorflow(), { code: 'ERR_INSTALL_DOWNLOAD', message: malformed });
  t.same(readdirSync(home), []);
});

await t.test(
  'an installation that is stopped ends with the reason and leaves nothing',
  { skip: onLinux },
  async (t) => {
    const { home, folder } = prepare(t);
    process.env['CXX'] = compiler(folder, 'setInterval(() => {}, 1000);\n');
    t.teardown(() => delete process.env['CXX']);
    const abort = new AbortController();
    const reason = new Error('enough');
    const installation = installTensorflow({
      library: unpack(wheel(), join(folder, 'tf')),
      onProgress: ({ step }) => step === 'Compiling the addon' && abort.abort(reason),
      signal: abort.signal,
    });
    await t.rejects(installation, reason);
    t.same(readdirSync(home), []);
  },
);

await t.test('a folder that cannot be written is told of', { skip: onLinux }, async (t) => {
  const { home, folder } = prepare(t);
  writeFileSync(home, 'a file where the folder belongs');
  const installation = installTensorflow({ library: unpack(wheel(), join(folder, 'tf')) });
  await t.rejects(installation, { code: 'ERR_INSTALL_STORE', message: /LAYERLINE_TENSORFLOW names another folder/ });
});

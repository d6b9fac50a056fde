import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { json, layerline, QUICK, train } from '../support/layerline.js';
import type { TrainResult } from '../support/layerline.js';
import { folderElsewhere, install, manifestOf, pack, ROOT } from '../support/package.js';
import type { Manifest } from '../support/package.js';
import { weightsSha256 } from '../support/run-folder.js';

/** What is in the package: its pages, the command, the programs that it starts and the page that it serves. */
const FILES = new RegExp(
  `^(${[
    'LICENSE|README\\.md|package\\.json|docs/[a-z]+\\.(md|json)|deploy/grafana/(README\\.md|layerline\\.json)',
    'bin/layerline\\.cjs|dist/bundle/[\\w-]+\\.js',
    'dist/page/(index\\.html|licenses\\.md|assets/[\\w-]+\\.(js|css|svg))(\\.(br|gz))?',
  ].join('|')})$`,
);
const NOTICES = 'dist/bundle/THIRD-PARTY-NOTICES.txt';
/** Licenses that allow their packages to be passed on inside of another one, as long as their text goes with it. */
const LICENSES = ['0BSD', 'Apache-2.0', 'BSD-3-Clause', 'ISC', 'MIT'];

/** The files in a folder and below, with `/` between names. */
function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.replaceAll(sep, '/'))
    .sort();
}

function contentsOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of filesIn(folder)) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

await t.test('the same checkout makes the same package', async (t) => {
  const folder = folderElsewhere(t);
  const [one, two] = ['one', 'two'].map((name) => join(folder, name));
  const archives: Buffer[] = [];
  for (const path of [one, two]) {
    mkdirSync(path ?? '');
    archives.push(readFileSync(await pack(t, path ?? '')));
  }
  t.ok(archives[0]?.equals(archives[1] ?? Buffer.of()), 'byte for byte');
});

await t.test('what the projects need becomes what the package needs', async (t) => {
  type Merge = (manifests: readonly Partial<Manifest>[]) => Pick<Manifest, 'dependencies' | 'optionalDependencies'>;
  const module = pathToFileURL(join(ROOT, 'tools', 'pack', 'manifest.mjs')).href;
  const { mergeExternal } = (await import(module)) as { mergeExternal: Merge };
  const first = { name: '@layerline/first', dependencies: { ws: '^8.1.0', '@layerline/second': '1.0.0' } };
  const optional = { name: '@layerline/third', optionalDependencies: { ws: '^8.1.0', koffi: '^3.0.0' } };
  const other = { name: '@layerline/second', dependencies: { zod: '^4.0.0', ws: '^8.2.0' } };
  t.same(mergeExternal([optional, first]), {
    dependencies: { ws: '^8.1.0' },
    optionalDependencies: { koffi: '^3.0.0' },
  });
  const said = '@layerline/first wants ws ^8.1.0 and @layerline/second wants ^8.2.0';
  t.throws(() => mergeExternal([first, other]), {
    message: `${said}: give both the same range, as one package can have only one`,
  });
});

await t.test('an installed package', async (t) => {
  const folder = folderElsewhere(t);
  const [empty, elsewhere] = [join(folder, 'empty'), join(folder, 'elsewhere')];
  for (const path of [empty, elsewhere]) mkdirSync(path);
  const installed = install(await pack(t, folder), empty);
  const manifest = manifestOf(installed);
  const asInstalled = contentsOf(installed);
  // Were anything written elsewhere than where the command runs, it would be one of these folders.
  const options = {
    cwd: empty,
    program: join(installed, manifest.bin['layerline'] ?? ''),
    env: { HOME: elsewhere, XDG_DATA_HOME: elsewhere, XDG_CACHE_HOME: elsewhere, TMPDIR: elsewhere },
  };

  t.test('has what runs in it, and nothing else', (t) => {
    const files = filesIn(installed);
    const unexpected = files.filter((name) => !FILES.test(name));
    t.same(unexpected, [NOTICES]);
    for (const program of ['feeder', 'layer-main', 'evaluator'])
      t.ok(files.includes(`dist/bundle/${program}.js`), program);
    t.end();
  });

  t.test('has the licenses of the packages inside of it', (t) => {
    const text = readFileSync(join(installed, NOTICES), 'utf8');
    const inside = [...text.matchAll(/^(\S+) \d+\.\d+\.\d+ \((.+)\)$/gm)].map(([, name, license]) => ({
      name,
      license,
    }));
    const names = inside.map(({ name }) => name);
    for (const name of ['zod', 'pino', 'commander', 'yaml']) t.ok(names.includes(name), name);
    const ofPage = readFileSync(join(installed, 'dist/page/licenses.md'), 'utf8');
    for (const name of ['preact', '@preact/signals', 'uplot']) t.ok(ofPage.includes(`## ${name} - `), name);
    t.same(
      inside.filter(({ license = '' }) => !LICENSES.includes(license)),
      [],
    );
    t.end();
  });

  t.test('has every page that its pages link to', (t) => {
    const pages = filesIn(installed).filter((name) => /^((docs|deploy\/grafana)\/)?[^/]+\.md$/.test(name));
    t.ok(pages.includes('docs/operations.md') && pages.includes('docs/protocol.md'), pages.join(' '));
    for (const page of pages) {
      const links = readFileSync(join(installed, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g);
      for (const [, link = ''] of links) t.ok(existsSync(join(installed, dirname(page), link)), `${page} → ${link}`);
    }
    t.end();
  });

  t.test('takes from a registry what is not inside of it', (t) => {
    t.match(manifest.dependencies['onnxruntime-node'], /^\^1\./);
    t.match(manifest.dependencies['koffi'], /^\^3\./);
    t.match(manifest.dependencies['ws'], /^\^8\./);
    t.same(Object.keys(manifest.optionalDependencies), ['@tensorflow/tfjs-node']);
    const inside = ['zod', 'tap', 'typescript'].filter((name) => name in manifest.dependencies);
    t.same(inside, []);
    t.end();
  });

  await t.test('says its version', async (t) => {
    const { code, stdout } = await layerline(t, ['--version'], options);
    t.equal(code, 0);
    t.equal(stdout, `${manifest.version}\n`);
  });

  await t.test('has the engines of the checkout', async (t) => {
    const engines = async (at: object): Promise<unknown[]> => {
      const found = await json<Record<string, unknown>[]>(t, ['engines'], at);
      return found.map(({ engine, available, version }) => [engine, available, version]);
    };
    const there = await engines(options);
    t.same(there, await engines({ cwd: folder, env: options.env }));
    t.equal(there.length, 5);
  });

  await t.test('learns what the checkout learns, and evaluates it', async (t) => {
    const there = await json<TrainResult>(t, ['train', ...QUICK, '--quiet'], options);
    const here = await train(t, t.testdir());
    t.equal(there.weightsSha256, here.weightsSha256);
    t.equal(there.numerics, here.numerics);
    t.equal(there.testError, here.testError);
    t.equal(there.stages.length, 4);
    t.equal(weightsSha256(join(empty, there.folder), 2), there.weightsSha256, 'the stored model');
    const evaluation = await json<TrainResult>(t, ['evaluate', there.folder], options);
    t.equal(evaluation.weightsSha256, there.weightsSha256);
    t.equal(evaluation.testError, there.testError);
  });

  t.test('has written its runs and nothing else', (t) => {
    t.same(readdirSync(empty).sort(), ['node_modules', 'runs']);
    t.equal(readdirSync(join(empty, 'runs')).length, 1);
    t.same(readdirSync(elsewhere), []);
    t.equal(contentsOf(installed), asInstalled);
    t.end();
  });
});

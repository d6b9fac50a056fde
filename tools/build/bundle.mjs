import { buildSync } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BUNDLE } from './fingerprint.mjs';

/**
 * The product's programs, by the name under which other modules know them, as in `new URL('./layer-main.js', …)`. All
 * modules of the bundle lie in one folder, so that such a name leads to the same program from each of them.
 * @type {Record<string, string>}
 */
const PROGRAMS = {
  main: 'apps/cli/dist/src/main.js',
  'examiner-main': 'apps/layer-node/dist/src/examiner-main.js',
  'layer-main': 'apps/layer-node/dist/src/layer-main.js',
  feeder: 'apps/feeder/dist/src/index.js',
  evaluator: 'apps/evaluator/dist/src/index.js',
  'thread-worker': 'libs/engine/dist/src/thread-worker.js',
  'node-engine': 'libs/engine-onnx/dist/src/node-engine.js',
  'kernel-thread': 'libs/engine-onnx/dist/src/fused/kernel-thread.js',
  engine: 'libs/engine-tfjs/dist/src/engine.js',
  'check-addon': 'libs/engine-tfjs/dist/src/install/check-addon.js',
};

/**
 * Packages that stay outside: those with native parts or files of their own, which they find from where they lie, and the
 * WebSocket library, which is there to be mended from a registry at once, and for tests to get in between.
 */
const EXTERNAL = ['@tensorflow/*', 'koffi', 'msgpackr', 'node-api-headers', 'onnxruntime-node', 'ws'];

/**
 * What each module of the bundle begins with. Packages in CommonJS require Node's modules, for which a module has to make
 * itself a `require`. What projects name as a package, `import.meta.resolve('@layerline/feeder')`, is a program here.
 */
const BANNER = `import { createRequire as bundleRequire } from 'node:module';
const require = bundleRequire(import.meta.url);
const bundleResolve = (name) => new URL(name.replace(/^@layerline\\/(.+)$/, './$1.js'), import.meta.url).href;
`;

const NOTICES = 'THIRD-PARTY-NOTICES.txt';
const LICENSE_FILE = /^(licen[cs]e|copying)(\.(md|txt))?$/i;
/** How modules of the bundle name programs: `new URL('./NAME.js', …)`, or one of those for `import.meta.resolve`. */
const NAMED = /(?:new URL|bundleResolve)\(\s*["'](?:@layerline\/|\.\/)([\w-]+)(?:\.js)?["']/g;

/** @param {string} name of a package */
export const staysOutside = (name) =>
  EXTERNAL.some((external) => (external.endsWith('/*') ? name.startsWith(external.slice(0, -1)) : name === external));

/**
 * Puts each compiled program together with all that it imports, of the workspace and of other packages, so that it starts
 * without looking for hundreds of modules one by one: a stage has to load 260 otherwise, for most of a second of a core.
 * @param {string} root the workspace's root folder, with the product compiled
 * @throws where a module cannot be found, or a program is named that is not among `PROGRAMS`
 */
export function bundle(root) {
  const { metafile, outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: PROGRAMS,
    outdir: BUNDLE,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external: EXTERNAL,
    banner: { js: BANNER },
    define: { 'import.meta.resolve': 'bundleResolve' },
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const modules = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  checkNames(modules);
  replaceFiles(join(root, BUNDLE), modules.set(NOTICES, notices(root, Object.keys(metafile.inputs))));
}

/**
 * @param {ReadonlyMap<string, string>} modules texts by name
 * @throws where one names a program that is not among them
 */
function checkNames(modules) {
  for (const [module, text] of modules) {
    for (const [, name = ''] of text.matchAll(NAMED)) {
      if (modules.has(`${name}.js`)) continue;
      throw new Error(`the bundle has no ${name}.js, which ${module} names: add it to PROGRAMS`);
    }
  }
}

/**
 * Makes a folder's files these and no others. What stays as it is, a process that starts just now can read all the time.
 * @param {string} folder
 * @param {ReadonlyMap<string, string>} files texts by name
 */
function replaceFiles(folder, files) {
  mkdirSync(folder, { recursive: true });
  const there = readdirSync(folder);
  for (const [name, text] of files) {
    const path = join(folder, name);
    if (!there.includes(name) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
  }
  for (const name of there) if (!files.has(name)) rmSync(join(folder, name));
}

/**
 * What the licenses of the packages inside ask for: that their text goes with every copy.
 * @param {string} root
 * @param {readonly string[]} inputs the bundle's modules, from the root folder
 * @returns {string}
 */
function notices(root, inputs) {
  const folders = [
    ...new Set(inputs.flatMap((path) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])),
  ];
  const texts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((entry) => LICENSE_FILE.test(entry));
    const text = file === undefined ? '' : `\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}`;
    return `${name} ${version} (${license})${text}\n`;
  });
  // One package can lie in several places.
  const each = [...new Set(texts)].sort();
  return `Layerline's programs contain these packages:\n\n${each.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

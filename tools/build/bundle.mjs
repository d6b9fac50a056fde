import * as esbuild from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BUNDLE } from './fingerprint.mjs';

/**
 * The modules that something is started from: the command, processes, threads, and what is loaded only where it is needed.
 * Each has the name under which other modules know it, as in `new URL('./layer-main.js', …)`: all modules of the bundle lie
 * in one folder, so that the name leads to the same module from each of them.
 * @type {Record<string, string>}
 */
const ENTRY_POINTS = {
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
 * Packages that stay outside the bundle: those that have native parts or files which they find relative to themselves, and
 * the WebSocket library, so that a security fix can be had from a registry at once, and tests can put themselves in between.
 */
const EXTERNAL = ['@tensorflow/*', 'koffi', 'msgpackr', 'node-api-headers', 'onnxruntime-node', 'ws'];

/**
 * What each module of the bundle begins with. CommonJS packages require Node's own modules, so each module makes itself a
 * `require`. What projects resolve as a package, `import.meta.resolve('@layerline/feeder')`, is an entry point here.
 */
const BANNER = `import { createRequire as bundleRequire } from 'node:module';
const require = bundleRequire(import.meta.url);
const bundleResolve = (name) => new URL(name.replace(/^@layerline\\/(.+)$/, './$1.js'), import.meta.url).href;
`;

const NOTICES = 'THIRD-PARTY-NOTICES.txt';
const LICENSE_FILE = /^(licen[cs]e|copying)(\.(md|txt))?$/i;
/** How modules of the bundle name entry points: `new URL('./NAME.js', …)`, or what `import.meta.resolve` has become. */
const NAMED = /(?:new URL|bundleResolve)\(\s*["'](?:@layerline\/|\.\/)([\w-]+)(?:\.js)?["']/g;

/** @param {string} name of a package */
export const staysOutside = (name) =>
  EXTERNAL.some((external) => (external.endsWith('/*') ? name.startsWith(external.slice(0, -1)) : name === external));

/**
 * Puts each entry point together with all that it imports, of the workspace and of other packages, so that it starts
 * without looking for hundreds of modules one by one: a stage has to load 260 otherwise, for most of a second of a core.
 * @param {string} root the workspace's root folder, with the product compiled
 * @throws if a module cannot be found, or one is named that is not among `ENTRY_POINTS`
 */
export async function bundle(root) {
  const { metafile, outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ENTRY_POINTS,
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
  // Its process would live as long as this one, which goes on as the program.
  await esbuild.stop();
  const modules = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  checkNames(modules);
  replaceFiles(join(root, BUNDLE), modules.set(NOTICES, notices(root, Object.keys(metafile.inputs))));
}

/**
 * @param {ReadonlyMap<string, string>} modules texts by name
 * @throws if one of them names an entry point that is not among them
 */
function checkNames(modules) {
  for (const [module, text] of modules) {
    for (const [, name = ''] of text.matchAll(NAMED)) {
      if (modules.has(`${name}.js`)) continue;
      throw new Error(`the bundle has no ${name}.js, which ${module} names: add it to ENTRY_POINTS`);
    }
  }
}

/**
 * Makes these the only files of a folder. Files that do not change are left alone, so that a process that is just starting
 * can read them at any time.
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
 * What the licenses of the packages in the bundle ask for: their texts, which have to go with every copy.
 * @param {string} root
 * @param {readonly string[]} inputs the bundle's modules, relative to the root folder
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
  // A package can be installed in several places.
  const each = [...new Set(texts)].sort();
  return `Layerline's programs contain these packages:\n\n${each.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

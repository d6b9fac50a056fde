import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PAGE } from './page.mjs';

const ENTRY = join('apps', 'cli');
/** The folder of the modules that run, relative to the workspace's root folder. */
export const BUNDLE = join(ENTRY, 'dist', 'bundle');
/** Among them the lock file, as the bundle contains other packages, and what makes the bundle and the page. */
const WORKSPACE_FILES = [
  'package-lock.json',
  'tsconfig.base.json',
  join('tools', 'build', 'bundle.mjs'),
  join('tools', 'build', 'page.mjs'),
];
const PROJECT_FILES = ['package.json', 'tsconfig.json', 'vite.config.mjs', 'index.html'];

/**
 * The projects that make up the product: the command's own and all those that it references, directly or indirectly.
 * @param {string} root the workspace's root folder
 * @returns {string[]} absolute folders
 */
function productProjects(root) {
  const found = new Set([join(root, ENTRY)]);
  for (const folder of found) {
    const { references } = JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8'));
    for (const { path } of references) found.add(resolve(folder, path));
  }
  return [...found];
}

/**
 * @param {string} folder
 * @param {(path: string) => void} visit
 */
function walk(folder, visit) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path, visit);
    else visit(path);
  }
}

/**
 * What the product's build depends on: path, size and modification time of every source and configuration file. No file
 * is read, so it takes milliseconds; and unlike the time of the newest file, it changes when a file is removed or replaced
 * by an older one.
 * @param {string} root
 * @returns {string} hex
 */
export function fingerprint(root) {
  const hash = createHash('sha1');
  /** @param {string} path */
  const add = (path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) hash.update(`${path.slice(root.length)}\0${stats.size}\0${stats.mtimeMs}\n`);
  };
  for (const file of WORKSPACE_FILES) add(join(root, file));
  for (const project of productProjects(root)) {
    for (const file of PROJECT_FILES) add(join(project, file));
    const sources = join(project, 'src');
    if (existsSync(sources)) walk(sources, add);
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @returns {boolean} whether every project of the product, the bundle and the page have ever been built
 */
export function hasOutputs(root) {
  const compiled = productProjects(root).map((project) => join(project, 'dist', '.tsbuildinfo'));
  return [...compiled, join(root, BUNDLE, 'main.js'), join(root, PAGE, 'index.html')].every((path) => existsSync(path));
}

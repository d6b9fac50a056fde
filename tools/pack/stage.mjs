import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledManifest, packageManifest } from './manifest.mjs';
import { readManifest } from './projects.mjs';

/**
 * @typedef {import('./projects.mjs').Manifest} Manifest
 * @typedef {import('./projects.mjs').Project} Project
 */

/** Where things of the workspace go that are for whoever uses the command. */
const DOCUMENTS = {
  LICENSE: 'LICENSE',
  'tools/pack/README.md': 'README.md',
  'docs/configuration.md': 'docs/configuration.md',
  'docs/engines.md': 'docs/engines.md',
  'docs/install.md': 'docs/install.md',
  'docs/operations.md': 'docs/operations.md',
  'docs/protocol.md': 'docs/protocol.md',
};

/**
 * The compiled modules of a project. They are found by their sources, since the compiler leaves the output of a source
 * that is gone where it was; a source of declarations alone makes no module.
 * @param {string} folder
 * @returns {string[]} relative to `folder`
 */
function modules(folder) {
  const names = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  return sources.map((name) => join('dist', 'src', name.replace(/\.ts$/, '.js')));
}

/**
 * @param {string} folder
 * @param {Manifest} manifest
 */
function writeManifest(folder, manifest) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Lays the package out as it is to be installed.
 * @param {string} root the workspace's root folder, with everything built
 * @param {Project} command the project that has the command
 * @param {readonly Project[]} projects all that go in, the command's among them
 * @param {string} folder an empty one
 * @returns {Manifest} the package's
 * @throws where the projects do not go together
 */
export function stage(root, command, projects, folder) {
  const manifests = projects.map(({ manifest }) => manifest);
  const manifest = packageManifest(readManifest(root), command.manifest, manifests);
  for (const project of projects) {
    const inside = join(folder, 'node_modules', project.manifest.name);
    const files = [...modules(project.folder), ...Object.values(project.manifest.bin ?? {})];
    for (const file of files) cpSync(join(project.folder, file), join(inside, file));
    writeManifest(inside, bundledManifest(project.manifest));
  }
  for (const [from, to] of Object.entries(DOCUMENTS)) cpSync(join(root, from), join(folder, to));
  writeManifest(folder, manifest);
  return manifest;
}

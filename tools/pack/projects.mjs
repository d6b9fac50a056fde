import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** The scope of the packages that are projects of this workspace. */
const OWN_SCOPE = '@layerline/';

/**
 * @typedef {Record<string, string>} Ranges
 * @typedef {object} Manifest what matters here of a `package.json`
 * @property {string} name
 * @property {string} version
 * @property {string} description
 * @property {string} license
 * @property {string | undefined} [type]
 * @property {Record<string, string> | undefined} [engines]
 * @property {Record<string, string> | undefined} [bin]
 * @property {Ranges} [dependencies]
 * @property {Ranges} [optionalDependencies]
 * @typedef {{ folder: string, manifest: Manifest }} Project
 */

/** @param {string} name of a package */
export const isOwn = (name) => name.startsWith(OWN_SCOPE);

/**
 * @param {string} folder
 * @returns {Manifest}
 */
export const readManifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/**
 * A project and all the projects that it needs at run time, directly or indirectly.
 * @param {string} root the workspace's root folder
 * @param {string} entry the project's name
 * @returns {Project[]} sorted by name
 */
export function projectsFor(root, entry) {
  const names = new Set([entry]);
  /** @type {Project[]} */
  const projects = [];
  for (const name of names) {
    const folder = realpathSync(join(root, 'node_modules', name));
    const manifest = readManifest(folder);
    projects.push({ folder, manifest });
    for (const needed of Object.keys(manifest.dependencies ?? {})) if (isOwn(needed)) names.add(needed);
  }
  return projects.sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
}

import { cpSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BUNDLE } from '../build/fingerprint.mjs';
import { PAGE } from '../build/page.mjs';
import { packageManifest } from './manifest.mjs';
import { readManifest } from './projects.mjs';

/**
 * @typedef {import('./projects.mjs').Manifest} Manifest
 * @typedef {import('./projects.mjs').Project} Project
 */

/** The workspace's files that are for users of the command, and where they go in the package. */
const DOCUMENTS = {
  LICENSE: 'LICENSE',
  'tools/pack/README.md': 'README.md',
  'docs/configuration.md': 'docs/configuration.md',
  'docs/data.md': 'docs/data.md',
  'docs/engines.md': 'docs/engines.md',
  'docs/extending.md': 'docs/extending.md',
  'docs/install.md': 'docs/install.md',
  'docs/methods.md': 'docs/methods.md',
  'docs/metrics.md': 'docs/metrics.md',
  'docs/modules.md': 'docs/modules.md',
  'docs/operations.md': 'docs/operations.md',
  'docs/protocol.md': 'docs/protocol.md',
  'docs/openapi.json': 'docs/openapi.json',
  'docs/security.md': 'docs/security.md',
  'deploy/grafana/README.md': 'deploy/grafana/README.md',
  'deploy/grafana/layerline.json': 'deploy/grafana/layerline.json',
};

/**
 * Lays the package out as it will be installed.
 * @param {string} root the workspace's root folder, with the product built
 * @param {Project} command the project that has the command
 * @param {readonly Project[]} projects all that are in the bundle, the command's included
 * @param {string} folder empty
 * @returns {Manifest} of the package
 * @throws if two projects want different ranges of one package
 */
export function stage(root, command, projects, folder) {
  const manifests = projects.map((project) => project.manifest);
  const manifest = packageManifest(readManifest(root), command.manifest, manifests);
  for (const file of Object.values(command.manifest.bin ?? {})) cpSync(join(command.folder, file), join(folder, file));
  for (const built of [BUNDLE, PAGE]) {
    cpSync(join(root, built), join(folder, relative(command.folder, join(root, built))), { recursive: true });
  }
  for (const [from, to] of Object.entries(DOCUMENTS)) cpSync(join(root, from), join(folder, to));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

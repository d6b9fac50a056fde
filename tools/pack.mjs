/**
 * `node tools/pack.mjs [FOLDER]`: builds the command and puts it into FOLDER, or else into `dist`, as one npm package,
 * `layerline-VERSION.tgz`. The same sources give the same bytes.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build/ensure-built.mjs';
import { projectsFor } from './pack/projects.mjs';
import { stage } from './pack/stage.mjs';

const COMMAND = '@layerline/cli';
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

/** @param {string} line */
const say = (line) => process.stderr.write(`pack: ${line}\n`);

/**
 * @param {string} folder of a package
 * @param {string} destination
 */
function npmPack(folder, destination) {
  const args = ['pack', '--offline', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination];
  const { status, error } = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 2] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`npm pack failed with exit code ${status}`);
}

/**
 * @param {string} destination
 * @returns {string} the package's path
 */
function pack(destination) {
  // Outside the workspace, whose `node_modules` npm would take for the package's own.
  const folder = mkdtempSync(join(tmpdir(), 'layerline-pack-'));
  try {
    const projects = projectsFor(root, COMMAND);
    const command = projects.find(({ manifest }) => manifest.name === COMMAND);
    if (command === undefined) throw new Error(`${COMMAND} is not in this workspace`);
    const { name, version } = stage(root, command, projects, folder);
    mkdirSync(destination, { recursive: true });
    npmPack(folder, destination);
    return join(destination, `${name}-${version}.tgz`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  if (await ensureBuilt(root, say)) {
    const path = pack(resolve(process.argv[2] ?? join(root, 'dist')));
    const kilobytes = Math.ceil(statSync(path).size / 1000);
    process.stdout.write(`${relative(process.cwd(), path)}: ${kilobytes} kB\n`);
  } else {
    process.exitCode = 1;
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

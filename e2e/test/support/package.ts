import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { layerline } from './layerline.js';
import { readJson } from './run-folder.js';

/** The checkout's folder. */
export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const PACK = join(ROOT, 'tools', 'pack.mjs');
/** Where modules of the checkout's own bundle look for what is not in it. */
const FROM_BUNDLE = createRequire(join(ROOT, 'apps', 'cli', 'dist', 'bundle', 'main.js'));

/** What the package's own manifest says of it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** A new folder out of the checkout, where nothing is found in a `node_modules` further up. It goes with the test. */
export function folderElsewhere(t: Test): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'layerline-elsewhere-')));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Packs this checkout. @returns the package's path */
export async function pack(t: Test, folder: string): Promise<string> {
  const { code, stderr } = await layerline(t, [folder], { cwd: folder, program: PACK });
  const archives = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const [archive] = archives;
  if (code !== 0 || archive === undefined) throw new Error(`packing ended with ${code}: ${stderr}`);
  return join(folder, archive);
}

/**
 * Installs the package into the `node_modules` of a folder as npm does, but with no network: what it takes from a
 * registry is linked from the checkout, and nothing that its manifest does not name.
 * @returns the package's folder
 */
export function install(archive: string, folder: string): string {
  const installed = join(folder, 'node_modules', 'layerline');
  mkdirSync(installed, { recursive: true });
  const { status, stderr } = spawnSync('tar', ['-xzf', archive, '-C', installed, '--strip-components=1']);
  if (status !== 0) throw new Error(`tar ended with ${status}: ${stderr.toString()}`);
  const { dependencies, optionalDependencies } = manifestOf(installed);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const places = FROM_BUNDLE.resolve.paths(name) ?? [];
    const found = places.map((place) => join(place, name)).find((path) => existsSync(join(path, 'package.json')));
    if (found === undefined && name in optionalDependencies) continue;
    if (found === undefined) throw new Error(`${name} is not installed in the checkout`);
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(found, link, 'junction');
  }
  return installed;
}

/** The manifest of an unpacked package. */
export function manifestOf(installed: string): Manifest {
  return readJson(join(installed, 'package.json')) as unknown as Manifest;
}

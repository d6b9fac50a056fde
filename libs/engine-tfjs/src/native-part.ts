import envPaths from 'env-paths';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** TensorFlow.js over TensorFlow's C library. */
export const NODE_PACKAGE = '@tensorflow/tfjs-node';
/** The file that connects the package to the library; its folder is `lib/napi-vN` of wherever the native part is. */
export const ADDON = 'tfjs_binding.node';
/** Names the folder of native parts, in place of the one in the user's directory for Layerline's data. */
export const FOLDER_VARIABLE = 'LAYERLINE_TENSORFLOW';

export interface NodePackage {
  readonly folder: string;
  readonly version: string;
}

/** The JavaScript part, where npm has installed it. It is an optional dependency. */
export function findNodePackage(): NodePackage | undefined {
  const require = createRequire(import.meta.url);
  try {
    const file = require.resolve(`${NODE_PACKAGE}/package.json`);
    const { version } = require(file) as { readonly version: string };
    return { folder: dirname(file), version };
  } catch {
    return undefined;
  }
}

/**
 * Where the native part is installed: outside `node_modules`, so that `npm ci` does not delete it and every checkout
 * and every Node can use it (the addon speaks Node-API, which does not change between versions). Each version of the
 * package and each platform has its own, as an addon fits no other.
 */
export function installFolder({ version }: NodePackage): string {
  const folder = process.env[FOLDER_VARIABLE] || join(envPaths('layerline', { suffix: '' }).data, 'tensorflow');
  return resolve(folder, `tfjs-node-${version}-${process.platform}-${process.arch}`);
}

/** @returns the addon to load: the one installed by us, else the one that the package has fetched for itself */
export function findAddon(nodePackage: NodePackage): string | undefined {
  return addonIn(installFolder(nodePackage)) ?? addonIn(nodePackage.folder);
}

/** @returns the addon in a folder that is laid out like the package */
export function addonIn(folder: string): string | undefined {
  const builds = join(folder, 'lib');
  const names = existsSync(builds) ? readdirSync(builds) : [];
  return names.map((name) => join(builds, name, ADDON)).find((file) => existsSync(file));
}

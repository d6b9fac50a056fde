import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive } from '@layerline/process';
import { ADDON, addonIn, findNodePackage, FOLDER_VARIABLE, installFolder, NODE_PACKAGE } from '../native-part.js';
import type { NodePackage } from '../native-part.js';
import { run, tellingLine } from './command.js';
import { compileAddon, findCompiler } from './compile.js';
import { downloadNativePart } from './download.js';
import { TensorflowInstallError } from './errors.js';
import { openLibrary, requireFitting } from './library.js';
import type { InstallProgress } from './progress.js';

export interface TensorflowInstallRequest {
  /** A wheel of TensorFlow, or a folder with its C library. By default the package's own download is tried. */
  readonly library?: string | undefined;
  /** Called as the installation proceeds. */
  readonly onProgress?: ((progress: InstallProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface InstalledTensorflow {
  readonly folder: string;
  /** Of TensorFlow's library. */
  readonly version: string;
  /** Of the package @tensorflow/tfjs-node. */
  readonly packageVersion: string;
}

/**
 * Installs the native part of tfjs-node, for all of a user's checkouts and versions of Node. It is built aside, tried
 * out and moved into place in one step; a failure leaves what was there before.
 * @throws TensorflowInstallError with what is wrong and what would help
 * @throws the signal's reason when it is aborted
 */
export async function installTensorflow(request: TensorflowInstallRequest = {}): Promise<InstalledTensorflow> {
  const nodePackage = findNodePackage();
  if (nodePackage === undefined) {
    const message = `The package ${NODE_PACKAGE} is not installed: install Layerline again with --include=optional`;
    throw new TensorflowInstallError('ERR_INSTALL_PACKAGE', message);
  }
  const folder = installFolder(nodePackage);
  const staging = `${folder}.installing-${process.pid}`;
  try {
    await removeAbandoned(folder);
    await mkdir(staging, { recursive: true });
  } catch (error) {
    throw asInstallError(error, folder);
  }
  try {
    const build = join(staging, 'build');
    if (request.library === undefined) await downloadNativePart(nodePackage, build, request);
    else await buildNativePart(nodePackage, resolve(request.library), build, request);
    request.onProgress?.({ step: 'Trying it' });
    const version = await tryAddon(build, request);
    await replace(folder, build, join(staging, 'replaced'));
    return { folder, version, packageVersion: nodePackage.version };
  } catch (error) {
    request.signal?.throwIfAborted();
    throw asInstallError(error, folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function buildNativePart(
  nodePackage: NodePackage,
  path: string,
  build: string,
  { onProgress, signal }: TensorflowInstallRequest,
): Promise<void> {
  if (process.platform !== 'linux') {
    const message = `--library works on Linux, and this is ${process.platform}: without it, the package's own download is tried`;
    throw new TensorflowInstallError('ERR_INSTALL_PLATFORM', message);
  }
  const [addons, libraries, headers] = [
    join(build, 'lib', 'napi-v8'),
    join(build, 'deps', 'lib'),
    join(build, 'headers'),
  ];
  for (const folder of [addons, libraries, headers]) await mkdir(folder, { recursive: true });
  const library = await openLibrary(path, headers);
  try {
    const compiler = await findCompiler(signal);
    onProgress?.({ step: `Copying the library from ${basename(path)}` });
    const staged = await library.stage({ libraries, headers }, signal);
    onProgress?.({ step: 'Compiling the addon' });
    const sources = join(nodePackage.folder, 'binding');
    const addon = join(addons, ADDON);
    await compileAddon(compiler, { sources, library: staged, addon, rpath: relative(addons, libraries) }, signal);
  } finally {
    await library.close();
  }
  await rm(headers, { recursive: true });
}

/** Computes with what was built, in another process: if it is for another processor or incomplete, it may crash. */
async function tryAddon(build: string, { library, signal }: TensorflowInstallRequest): Promise<string> {
  const addon = addonIn(build);
  const program = fileURLToPath(new URL('./check-addon.js', import.meta.url));
  const result = await run(process.execPath, [program, addon ?? build], { signal });
  if (result.code !== 0) {
    const end = result.killedBy === null ? tellingLine(result) : `it died of ${result.killedBy}`;
    throw new TensorflowInstallError('ERR_INSTALL_CHECK', `The library does not work on this machine: ${end}`);
  }
  const version = result.stdout.trim();
  if (library !== undefined) requireFitting(version, library);
  return version;
}

/** Replaces a folder with another. Processes keep what they have loaded from the old one. */
async function replace(folder: string, by: string, aside: string): Promise<void> {
  const replaces = await stat(folder).then(
    () => true,
    () => false,
  );
  if (replaces) await rename(folder, aside);
  try {
    await rename(by, folder);
  } catch (error) {
    if (replaces) await rename(aside, folder);
    throw error;
  }
}

/** Removes what killed installations have left behind. */
async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(dirname(folder)).catch(() => []);
  const start = `${basename(folder)}.installing-`;
  for (const name of names.filter((name) => name.startsWith(start))) {
    if (!isAlive(Number(name.slice(start.length))))
      await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

/** Reports a full disk or a folder without write permission in the operating system's own words, and says where. */
function asInstallError(error: unknown, folder: string): unknown {
  const { errno, message } = error as NodeJS.ErrnoException;
  if (errno === undefined) return error;
  const remedy = `${FOLDER_VARIABLE} names another folder than ${dirname(folder)}`;
  return new TensorflowInstallError('ERR_INSTALL_STORE', `TensorFlow cannot be stored (${message}): ${remedy}`, {
    cause: error,
  });
}

import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { ProxyError, proxySettings, type Proxy } from '@layerline/process';
import { NODE_PACKAGE } from '../native-part.js';
import type { NodePackage } from '../native-part.js';
import { run, tellingLine } from './command.js';
import type { CommandResult } from './command.js';
import { TensorflowInstallError } from './errors.js';
import type { InstallProgress } from './progress.js';

/** What the package's install script reads. */
const SCRIPT_NEEDS = ['package.json', 'binding.gyp', 'binding', 'scripts'];
/** The longest that nothing may happen. The script has no timeout of its own; without a network it fails at once. */
const STALLED_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

/** Why a download was given up. */
class Stalled extends Error {}

/**
 * Runs the package's own install script, which npm does not run here, to download its native part. The script works in
 * the package's folder, so it is given a copy of that.
 * @param build where `lib` and `deps` of the native part go
 * @throws TensorflowInstallError when nothing can be downloaded
 */
export async function downloadNativePart(
  nodePackage: NodePackage,
  build: string,
  options: {
    readonly onProgress?: ((progress: InstallProgress) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const proxy = proxyHere();
  const copy = `${build}-package`;
  await mkdir(copy, { recursive: true });
  for (const name of SCRIPT_NEEDS) await cp(join(nodePackage.folder, name), join(copy, name), { recursive: true });
  const commands = await linkDependencies(nodePackage, copy);
  const path = [dirname(process.execPath), ...commands, process.env['PATH'] ?? ''].join(delimiter);
  const watch = watchDownload(join(copy, 'deps'), options.onProgress);
  const signal = options.signal === undefined ? watch.signal : AbortSignal.any([options.signal, watch.signal]);
  let result: CommandResult;
  try {
    result = await run(process.execPath, [join('scripts', 'install.js')], {
      folder: copy,
      // The script takes this one first, and it has to be a whole address.
      environment: { ...process.env, PATH: path, ...(proxy && { HTTPS_PROXY: proxy.address.href }) },
      signal,
      onOutput: watch.alive,
    });
  } catch (error) {
    if (error instanceof Stalled) throw failed(`${error.message}${by(proxy)}`);
    throw error;
  } finally {
    watch.stop();
  }
  if (result.code !== 0) throw failed(`${tellingLine(result)}${by(proxy)}`);
  await mkdir(build, { recursive: true });
  for (const name of ['lib', 'deps']) {
    await rename(join(copy, name), join(build, name)).catch((error: unknown) => {
      throw failed(`its install script did not create the folder ${name}`, error);
    });
  }
}

/** @throws TensorflowInstallError when the environment names a proxy that cannot be used */
function proxyHere(): Proxy | undefined {
  try {
    return proxySettings().https;
  } catch (error) {
    if (error instanceof ProxyError) throw failed(error.message, error);
    throw error;
  }
}

/** What the script does not say: it takes whatever a proxy answers for the answer. */
function by(proxy: Proxy | undefined): string {
  if (proxy === undefined) return '';
  return `, by the proxy ${proxy.address.host} of ${proxy.variable}: is it there, and does it want a name and a password?`;
}

/** Reports how much has arrived, and gives up when nothing more does. */
function watchDownload(
  folder: string,
  onProgress: ((progress: InstallProgress) => void) | undefined,
): { signal: AbortSignal; alive: () => void; stop: () => void } {
  const abort = new AbortController();
  let [bytes, changed] = [0, performance.now()];
  const alive = (): void => {
    changed = performance.now();
  };
  onProgress?.({ step: 'Downloading TensorFlow', bytes });
  const timer = setInterval(() => {
    void bytesIn(folder).then((now) => {
      if (now !== bytes) alive();
      bytes = now;
      onProgress?.({ step: 'Downloading TensorFlow', bytes });
      if (performance.now() - changed < STALLED_AFTER_MS) return;
      abort.abort(new Stalled(`nothing has arrived for ${STALLED_AFTER_MS / 1000} s`));
    });
  }, LOOK_EVERY_MS);
  return { signal: abort.signal, alive, stop: () => clearInterval(timer) };
}

/**
 * Links the package's dependencies, which npm may have put into any folder above it, into the copy.
 * @returns folders with their commands
 */
async function linkDependencies({ folder }: NodePackage, copy: string): Promise<string[]> {
  const require = createRequire(join(folder, 'package.json'));
  const { dependencies } = require('./package.json') as { readonly dependencies: Readonly<Record<string, string>> };
  const places = require.resolve.paths('.bin') ?? [];
  for (const name of Object.keys(dependencies)) {
    const found = places.map((place) => join(place, name)).find((path) => existsSync(path));
    if (found === undefined) continue;
    const link = join(copy, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(found, link, 'junction');
  }
  return places.map((place) => join(place, '.bin'));
}

/** Files may come and go meanwhile. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = entries.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function failed(reason: string, cause?: unknown): TensorflowInstallError {
  const remedy = 'give it a wheel of tensorflow-cpu 2.15 with --library, as docs/engines.md says';
  const message = `${NODE_PACKAGE} could not download its native part (${reason}): ${remedy}`;
  return new TensorflowInstallError('ERR_INSTALL_DOWNLOAD', message, { cause });
}

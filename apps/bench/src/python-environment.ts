import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './child.js';
import type { Absence } from './comparison.js';
import { passInterruption } from './errors.js';

/** The Python packages that are compared with, each with what has to be installed for it. */
export const PACKAGES = ['numpy', 'torch', 'jax'] as const;
export type PackageName = (typeof PACKAGES)[number];

/** A Python of the benchmark's own, and the packages that it has. */
export interface PythonEnvironment {
  readonly interpreter: string;
  readonly packages: readonly PackageName[];
  readonly absent: readonly Absence[];
}

export const NO_PYTHON: PythonEnvironment = { interpreter: '', packages: [], absent: [] };

/**
 * Sets a virtual environment up in the cache, with the current packages of the index that pip is set to; later calls find
 * it there. Packages that cannot be had are left out, each with the reason.
 * @param options.upgrade look for newer packages
 */
export async function preparePython(
  cache: string,
  options: { readonly python: string; readonly upgrade: boolean; readonly say: (line: string) => void },
): Promise<PythonEnvironment> {
  const folder = join(cache, 'python');
  const interpreter =
    process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const packages: PackageName[] = [];
  const absent: Absence[] = [];
  try {
    if (!(await exists(interpreter))) {
      await run({ name: options.python, program: options.python, args: ['-m', 'venv', folder] });
    }
  } catch (error) {
    // Half an environment would be taken for a whole one the next time.
    await rm(folder, { recursive: true, force: true });
    passInterruption(error);
    const reason = (error as Error).message;
    return { interpreter, packages, absent: PACKAGES.map((name) => ({ name, reason })) };
  }
  for (const name of PACKAGES) {
    try {
      await install(interpreter, name, options);
      packages.push(name);
    } catch (error) {
      passInterruption(error);
      absent.push({ name, reason: (error as Error).message });
    }
  }
  return { interpreter, packages, absent };
}

async function install(
  interpreter: string,
  name: PackageName,
  { upgrade, say }: { readonly upgrade: boolean; readonly say: (line: string) => void },
): Promise<void> {
  const load = { name: `import ${name}`, program: interpreter, args: ['-c', `import ${name}`] };
  if (!upgrade) {
    try {
      await run(load);
      return;
    } catch (error) {
      passInterruption(error);
      // Not there yet, or broken: pip mends both.
    }
  }
  const size = name === 'torch' && process.platform === 'linux' ? ' (its usual wheel brings CUDA: some GB)' : '';
  say(`installing ${name} for Python${size}`);
  await run({ name: 'pip', program: interpreter, args: ['-m', 'pip', 'install', '--quiet', '--upgrade', name] });
  await run(load);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { run, tellingLine } from './command.js';
import { TensorflowInstallError } from './errors.js';
import type { StagedLibrary } from './library.js';

/** What to install where there is no compiler. */
const REMEDY = 'install one ("apt install g++", "dnf install gcc-c++"), or name yours in CXX';

/** A C++ compiler: the program, and arguments that always go with it. */
export type Compiler = readonly [program: string, ...args: string[]];

/**
 * @returns the compiler that the environment variable CXX names, else the first one found
 * @throws TensorflowInstallError when there is none
 */
export async function findCompiler(signal?: AbortSignal): Promise<Compiler> {
  const named = process.env['CXX']?.trim();
  const candidates = named ? [named.split(/\s+/)] : [['c++'], ['g++'], ['clang++']];
  for (const [program = '', ...args] of candidates) {
    const { code } = await run(program, [...args, '--version'], { signal });
    if (code === 0) return [program, ...args];
  }
  const problem = named ? `There is no C++ compiler "${named}"` : 'There is no C++ compiler';
  throw new TensorflowInstallError('ERR_INSTALL_COMPILER', `${problem}: ${REMEDY}`);
}

/**
 * Compiles tfjs-node's addon against a library.
 * @param sources the package's folder of C++ sources
 * @param addon where the addon goes
 * @param rpath from the addon's folder to that of the libraries
 * @throws TensorflowInstallError when it does not compile
 */
export async function compileAddon(
  [program, ...args]: Compiler,
  { sources, library, addon, rpath }: { sources: string; library: StagedLibrary; addon: string; rpath: string },
  signal?: AbortSignal,
): Promise<void> {
  const nodeApi = createRequire(import.meta.url)('node-api-headers') as { readonly include_dir: string };
  const result = await run(
    program,
    [
      ...args,
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
      ...['-isystem', nodeApi.include_dir, '-isystem', library.include],
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, name)),
      ...['-o', addon, ...library.libraries, `-Wl,-rpath,$ORIGIN/${rpath}`],
    ],
    { signal },
  );
  if (result.code === 0) return;
  throw new TensorflowInstallError(
    'ERR_INSTALL_COMPILE',
    `The addon does not compile with ${program}: ${tellingLine(result)}`,
  );
}

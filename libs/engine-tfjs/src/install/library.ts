import { constants } from 'node:fs';
import { access, copyFile, mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { TensorflowInstallError } from './errors.js';
import { ZipArchive } from './zip.js';

/** The versions that tfjs-node's addon works with: from the one it was written for to the newest that was tested. */
const OLDEST = { major: 2, minor: 9 };
const NEWEST = { major: 2, minor: 15 };
export const FITTING_VERSIONS = `${OLDEST.major}.${OLDEST.minor} to ${NEWEST.major}.${NEWEST.minor}`;

/** Where the library's files are, under the folder or in the wheel that the user names. */
interface Layout {
  readonly include: string;
  readonly libraries: readonly [main: string, framework: string];
}

const WHEEL_LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;
const LAYOUTS: readonly Layout[] = [
  // A wheel, or the folder that one was unpacked into: site-packages.
  { include: 'tensorflow/include', libraries: inFolder('tensorflow', WHEEL_LIBRARIES) },
  // The folder `tensorflow` in it.
  { include: 'include', libraries: WHEEL_LIBRARIES },
  // What TensorFlow publishes for C.
  { include: 'include', libraries: ['lib/libtensorflow.so.2', 'lib/libtensorflow_framework.so.2'] },
];

/** A wheel has thousands of headers; the addon includes those of the C API, which include some of these. */
const HEADERS = /^(tensorflow\/(c|core\/platform|tsl)|tsl)\/.*\.h$/;

/** TensorFlow's libraries by the names under which an addon looks for them, and their headers. */
export interface StagedLibrary {
  readonly include: string;
  readonly libraries: readonly string[];
}

/** A TensorFlow library that the user points to. */
export interface TensorflowLibrary {
  /** Such as `2.15.0`, if its headers say. */
  readonly version: string | undefined;
  /**
   * Puts the libraries into `libraries`, and the headers into `headers` unless they can be used where they are.
   * @throws TensorflowInstallError when they are damaged, or not for this machine
   */
  stage(folders: { libraries: string; headers: string }, signal?: AbortSignal): Promise<StagedLibrary>;
  close(): Promise<void>;
}

/**
 * Opens what the user points to.
 * @param path a wheel of TensorFlow, the folder that one was unpacked into, or that of libtensorflow
 * @param scratch a folder to put things into
 * @throws TensorflowInstallError when it is none of these, or of a version that does not fit
 */
export async function openLibrary(path: string, scratch: string): Promise<TensorflowLibrary> {
  const stats = await stat(path).catch((error: unknown) => {
    throw new TensorflowInstallError('ERR_INSTALL_LIBRARY_MISSING', `${path}: there is no such file or folder`, {
      cause: error,
    });
  });
  const library = stats.isDirectory() ? await openFolder(path) : await openWheel(path, scratch);
  try {
    if (library.version !== undefined) requireFitting(library.version, path);
    return library;
  } catch (error) {
    await library.close();
    throw error;
  }
}

/** @throws TensorflowInstallError when tfjs-node's addon does not work with a version */
export function requireFitting(version: string, path: string): void {
  const [major = NaN, minor = NaN] = version.split('.').map(Number);
  if (major === OLDEST.major && minor >= OLDEST.minor && minor <= NEWEST.minor) return;
  const problem = `${path} is TensorFlow ${version}, and tfjs-node works with ${FITTING_VERSIONS}`;
  throw new TensorflowInstallError('ERR_INSTALL_LIBRARY_VERSION', `${problem}: take tensorflow-cpu 2.15 from PyPI`);
}

async function openFolder(path: string): Promise<TensorflowLibrary> {
  for (const { include, libraries } of LAYOUTS) {
    const files = [cApi(include), ...libraries].map((name) => join(path, name));
    if (!(await Promise.all(files.map(exists))).every(Boolean)) continue;
    return {
      version: await readVersion(join(path, versionHeader(include))),
      close: () => Promise.resolve(),
      stage: async (folders, signal) => {
        const staged: string[] = [];
        for (const name of libraries) {
          signal?.throwIfAborted();
          const target = join(folders.libraries, posix.basename(name));
          await requireLibrary(join(path, name));
          await copyFile(join(path, name), target, constants.COPYFILE_FICLONE);
          staged.push(target);
        }
        return { include: join(path, include), libraries: staged };
      },
    };
  }
  const wanted = 'include/tensorflow/c/c_api.h and libtensorflow_cc.so.2, or lib/libtensorflow.so.2, in it';
  throw notALibrary(`${path} does not hold TensorFlow's C library: there is no ${wanted}`);
}

async function openWheel(path: string, scratch: string): Promise<TensorflowLibrary> {
  if (!(await startsWith(path, 'PK'))) throw notALibrary(`${path} is not a wheel`);
  const archive = await ZipArchive.open(path);
  try {
    return await wheelLibrary(path, archive, scratch);
  } catch (error) {
    await archive.close();
    throw error;
  }
}

async function wheelLibrary(path: string, archive: ZipArchive, scratch: string): Promise<TensorflowLibrary> {
  const layout = LAYOUTS.find(({ include, libraries }) =>
    [cApi(include), ...libraries].every((name) => archive.entries.has(name)),
  );
  if (layout === undefined) {
    throw notALibrary(`${path} does not hold TensorFlow's C library, as wheels of tensorflow-cpu for Linux do`);
  }
  const { include, libraries } = layout;
  return {
    version: await versionInWheel(archive, include, scratch),
    close: () => archive.close(),
    stage: async (folders, signal) => {
      for (const name of archive.entries.keys()) {
        const header = posix.relative(include, name);
        if (!HEADERS.test(header)) continue;
        const target = join(folders.headers, header);
        await mkdir(dirname(target), { recursive: true });
        await archive.extract(name, target, signal);
      }
      const staged: string[] = [];
      for (const name of libraries) {
        const target = join(folders.libraries, posix.basename(name));
        await archive.extract(name, target, signal);
        await requireLibrary(target);
        staged.push(target);
      }
      return { include: folders.headers, libraries: staged };
    },
  };
}

async function versionInWheel(archive: ZipArchive, include: string, scratch: string): Promise<string | undefined> {
  const name = versionHeader(include);
  if (!archive.entries.has(name)) return undefined;
  const target = join(scratch, 'version.h');
  await archive.extract(name, target);
  return readVersion(target);
}

function inFolder(folder: string, [main, framework]: Layout['libraries']): Layout['libraries'] {
  return [posix.join(folder, main), posix.join(folder, framework)];
}

function cApi(include: string): string {
  return posix.join(include, 'tensorflow/c/c_api.h');
}

function versionHeader(include: string): string {
  return posix.join(include, 'tensorflow/core/public/version.h');
}

/** @returns the version that `version.h` defines, if there is one */
async function readVersion(header: string): Promise<string | undefined> {
  const text = await readFile(header, 'utf8').catch(() => '');
  const [major, minor, patch] = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`^#define TF_${part}_VERSION (\\d+)`, 'm').exec(text)?.[1],
  );
  return major === undefined || minor === undefined ? undefined : `${major}.${minor}.${patch ?? 0}`;
}

/** Of the processors that Node runs on, those for which TensorFlow is published (ELF specification, e_machine). */
const ELF_MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/** @throws TensorflowInstallError unless a file is a shared library for this machine's processor */
async function requireLibrary(path: string): Promise<void> {
  const header = await firstBytes(path, 20);
  if (header.length < 20 || header.toString('latin1', 1, 4) !== 'ELF') {
    throw notALibrary(`${path} is not a library of Linux`);
  }
  const machine = header.readUInt16LE(18);
  if (machine === ELF_MACHINES[process.arch]) return;
  const [other = `processor ${machine}`] = Object.entries(ELF_MACHINES).find(([, code]) => code === machine) ?? [];
  const message = `${path} is built for ${other}, and this machine is ${process.arch}: take the one for ${process.arch}`;
  throw new TensorflowInstallError('ERR_INSTALL_LIBRARY_ARCHITECTURE', message);
}

async function firstBytes(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function startsWith(path: string, start: string): Promise<boolean> {
  return (await firstBytes(path, start.length)).toString('latin1') === start;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function notALibrary(problem: string): TensorflowInstallError {
  const remedy = 'name a wheel of tensorflow-cpu 2.15, or the folder that it or libtensorflow was unpacked into';
  return new TensorflowInstallError('ERR_INSTALL_NOT_A_LIBRARY', `${problem}: ${remedy}`);
}

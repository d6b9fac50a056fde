import { basename, join } from 'node:path';
import { unzipSync } from 'fflate';
import { parse } from 'npyjs';
import { readContent } from '../content.js';
import { DataFormatError } from '../errors.js';
import type { Format, Labels, Place, RawData, RawSet } from './format.js';
import { LabelIndex } from './label-index.js';

/** What people call the arrays of a data set, without capitals: Keras, scikit-learn and MedMNIST. */
const ARRAYS = {
  'train values': ['x_train', 'train_images', 'train_x', 'images', 'x', 'data'],
  'train labels': ['y_train', 'train_labels', 'train_y', 'labels', 'y', 'target'],
  'test values': ['x_test', 'test_images', 'test_x'],
  'test labels': ['y_test', 'test_labels', 'test_y'],
} as const;
type ArrayRole = keyof typeof ARRAYS;

/** An array of a file. */
interface NumpyArray {
  /** As in messages. */
  readonly file: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint | boolean | string>;
}

/** NumPy's arrays: one `.npz`, or a folder with an `.npy` for each array. */
export const numpy: Format = {
  name: 'npy',
  summary:
    'an .npz, or a folder of .npy files, with x_train and y_train (or x and y) and, for the test set, x_test and y_test',
  recognizes: async ({ path, entries }) => {
    return entries === undefined ? /\.npz$/i.test(path) : entries.some((entry) => roleOf(entry) !== undefined);
  },
  files: async ({ path, entries }) => {
    if (entries === undefined) return [path];
    return entries.filter((entry) => roleOf(entry) !== undefined).map((entry) => join(path, entry));
  },
  read: async (place) => {
    const arrays = await readArrays(place);
    const train = setOf(arrays, 'train', place.path);
    if (train === undefined) {
      throw new DataFormatError(place.path, undefined, 'has no training set: call its arrays x_train and y_train');
    }
    const test = setOf(arrays, 'test', place.path);
    const shape = shapeOf(arrays.get('train values') as NumpyArray);
    const tested = test && shapeOf(arrays.get('test values') as NumpyArray);
    if (tested !== undefined && JSON.stringify(tested) !== JSON.stringify(shape)) {
      throw new DataFormatError(
        place.path,
        undefined,
        'has rows of other dimensions in its test set than in its training set',
      );
    }
    return { ...shape, train, test };
  },
};

function roleOf(name: string): ArrayRole | undefined {
  const plain = name.replace(/\.npy$/i, '').toLowerCase();
  if (!/\.npy$/i.test(name)) return undefined;
  return (Object.keys(ARRAYS) as ArrayRole[]).find((role) => (ARRAYS[role] as readonly string[]).includes(plain));
}

async function readArrays({ path, entries }: Place): Promise<Map<ArrayRole, NumpyArray>> {
  const contents = new Map<string, Uint8Array>();
  if (entries === undefined) {
    try {
      for (const [name, bytes] of Object.entries(unzipSync(await readContent(path)))) contents.set(name, bytes);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') throw error;
      throw new DataFormatError(path, undefined, `is no readable .npz (${error.message}): save it anew`);
    }
  } else {
    for (const entry of entries.filter((each) => roleOf(each) !== undefined)) {
      contents.set(entry, await readContent(join(path, entry)));
    }
  }
  const arrays = new Map<ArrayRole, NumpyArray>();
  for (const [name, bytes] of contents) {
    const role = roleOf(basename(name));
    const file = entries === undefined ? `${path} (${name})` : join(path, name);
    if (role !== undefined && !arrays.has(role)) arrays.set(role, parseArray(bytes, file));
  }
  return arrays;
}

/** @throws DataFormatError for what is no array of numbers or texts */
function parseArray(bytes: Uint8Array, file: string): NumpyArray {
  let parsed: ReturnType<typeof parse>;
  try {
    // The reader wants memory that begins with the file.
    parsed = parse(bytes.slice().buffer);
  } catch (error) {
    throw new DataFormatError(
      file,
      undefined,
      `cannot be read (${(error as Error).message}): save it anew with numpy.save`,
    );
  }
  const { shape, fortranOrder, dtype } = parsed;
  const data = parsed.data as unknown as NumpyArray['data'];
  const size = shape.reduce((product, length) => product * length, 1);
  if (fortranOrder && shape.length > 1) {
    throw new DataFormatError(file, undefined, 'is in Fortran order: save numpy.ascontiguousarray of it');
  }
  if (data.length !== size || dtype.startsWith('c')) {
    const what = dtype.startsWith('c') ? 'has complex numbers' : `is truncated: ${data.length} of ${size} numbers`;
    throw new DataFormatError(file, undefined, what);
  }
  return { file, shape, data };
}

function setOf(arrays: ReadonlyMap<ArrayRole, NumpyArray>, part: 'train' | 'test', path: string): RawSet | undefined {
  const [values, labels] = [arrays.get(`${part} values`), arrays.get(`${part} labels`)];
  if (values === undefined && labels === undefined) return undefined;
  if (values === undefined || labels === undefined) {
    const missing = ARRAYS[`${part} ${values === undefined ? 'values' : 'labels'}`][0];
    throw new DataFormatError(path, undefined, `lacks ${missing}, which belongs to ${(values ?? labels)?.file}`);
  }
  const [count = 0] = values.shape;
  if (count === 0) throw new DataFormatError(values.file, undefined, 'has no rows');
  if (labels.data.length !== count) {
    throw new DataFormatError(
      labels.file,
      undefined,
      `has ${labels.data.length} labels for ${count} rows: one for each is needed`,
    );
  }
  return { values: numbersOf(values), labels: labelsOf(labels), count };
}

/** @throws DataFormatError for what is not finite, with its row */
function numbersOf({ data, file, shape: [count = 1] }: NumpyArray): Uint8Array | Float32Array {
  if (data instanceof Uint8Array) return data;
  const values = data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return values;
  const row = Math.floor(wrong / (values.length / count)) + 1;
  throw new DataFormatError(file, row, `has ${values[wrong]}: a number is needed`);
}

function labelsOf({ data, file }: NumpyArray): Labels {
  const index = new LabelIndex(file);
  for (let row = 0; row < data.length; row++) index.add(String(data[row]));
  return index.labels;
}

/** [rows, columns] is a table, [rows, height, width] and [rows, height, width, 1 or 3] are pictures. */
function shapeOf({ shape, file }: NumpyArray): Pick<RawData, 'kind' | 'height' | 'width' | 'channels'> {
  const [, height = 1, width, channels = 1] = shape;
  if (shape.length === 2) return { kind: 'table', height: 1, width: height, channels: 1 };
  if (width !== undefined && shape.length <= 4 && (channels === 1 || channels === 3)) {
    return { kind: 'images', height, width, channels };
  }
  throw new DataFormatError(
    file,
    undefined,
    `has the dimensions ${shape.join(' × ')}: rows × columns, rows × height × width, or rows × height × width × 3 are needed`,
  );
}

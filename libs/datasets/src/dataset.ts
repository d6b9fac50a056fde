/** How many classes a data set can have: a label travels as a byte. */
export const MAX_CLASSES = 256;
/** Pixels along each side of an image of MNIST and its like. */
export const SIDE = 28;
/** Pixels of such an image. */
export const PIXELS = SIDE * SIDE;

export const DATASET_NAMES = ['mnist', 'fashion-mnist', 'digits'] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];
/** The published data sets, which are read from IDX files. */
export type FileDatasetName = Exclude<DatasetName, 'digits'>;

/**
 * Where a label goes: over the first inputs of a row, which are background in MNIST and its like (Hinton 2022, section 3.3), or
 * in inputs of its own before them.
 */
export const LABEL_PLACES = ['overwrite', 'append'] as const;
export type LabelPlace = (typeof LABEL_PLACES)[number];

/** What every row of a data set is. Plain JSON. */
export interface DataSpec {
  /** A table's rows are shown as pictures of height 1. */
  readonly kind: 'images' | 'table';
  readonly height: number;
  readonly width: number;
  /** Numbers of a pixel: 1 for grey, 3 for red, green and blue. */
  readonly channels: number;
  /** What people call each class, by label. */
  readonly classes: readonly string[];
  readonly label: LabelPlace;
}

/** Numbers of a row, without a label. */
export function rowSize({ height, width, channels }: Pick<DataSpec, 'height' | 'width' | 'channels'>): number {
  return height * width * channels;
}

/** Inputs of a network that learns from such rows. */
export function inputsOf(spec: DataSpec): number {
  return rowSize(spec) + (spec.label === 'append' ? spec.classes.length : 0);
}

/** Rows with their labels. */
export interface ImageSet {
  /**
   * count × {@link rowSize}, row after row, each row-major with the channels of a pixel beside each other: bytes of 0 … 255,
   * with 0 the background, or numbers that are inputs as they are.
   */
  readonly images: Uint8Array | Float32Array;
  /** count labels, each an index of {@link DataSpec.classes}. */
  readonly labels: Uint8Array;
  readonly count: number;
}

/** Pictures of which each number is a byte. */
export interface GreySet extends ImageSet {
  readonly images: Uint8Array;
}

export interface Dataset {
  readonly name: string;
  readonly spec: DataSpec;
  readonly train: ImageSet;
  /** Held out of the training set, to choose settings by. */
  readonly validation?: ImageSet;
  readonly test: ImageSet;
}

/** How rows are divided up. Plain JSON. */
export interface SplitSettings {
  /** The share of each class that becomes the test set where there is none. */
  readonly testShare: number;
  /** Rows of the training set that are held out to choose settings by. */
  readonly validation: number;
  /** Of the draws that both take. */
  readonly splitSeed: number;
}

/** How a file is read where it does not say itself. Plain JSON. */
export interface ReadSettings {
  /** Of a table: the name of the column with the labels, or its number, counted from 1 or, from the end, from −1. */
  readonly labelColumn?: string | undefined;
  /** Of a table: whether the first line has the names of the columns. */
  readonly header?: boolean | undefined;
}

/** What another process needs to open exactly the same data. Plain JSON. */
export type DatasetReference =
  | {
      readonly name: FileDatasetName;
      /** Absolute; holds the four IDX files, or is an `.npz`. */ readonly directory: string;
    }
  | { readonly name: 'digits'; /** From 0 to 2^53 − 1. */ readonly seed: number }
  | {
      readonly name: string;
      /** Absolute: a file or a folder. */
      readonly path: string;
      readonly read: ReadSettings;
      /** Of its content, see `contentHash`. */
      readonly sha256: string;
    };

const DIGIT_NAMES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
/** The rows of MNIST, and of the built-in digits. */
export const DIGITS_SPEC: DataSpec = {
  ...{ kind: 'images', height: SIDE, width: SIDE, channels: 1, classes: DIGIT_NAMES, label: 'overwrite' },
};
/** The rows of Fashion-MNIST. */
export const CLOTHES_SPEC: DataSpec = {
  ...DIGITS_SPEC,
  ...{
    classes: ['T-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot'],
  },
};

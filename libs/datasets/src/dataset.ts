/** Classes of every data set here: labels are 0 … 9. */
export const CLASSES = 10;
/** Pixels along each side of an image. */
export const SIDE = 28;
/** Pixels of an image. */
export const PIXELS = SIDE * SIDE;

export const DATASET_NAMES = ['mnist', 'fashion-mnist', 'digits'] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];
/** The data sets that are read from IDX files. */
export type FileDatasetName = Exclude<DatasetName, 'digits'>;

export interface ImageSet {
  /** count × 784 grey bytes, image after image, each row-major; 0 is the background. */
  readonly images: Uint8Array;
  /** count labels, 0 … 9. */
  readonly labels: Uint8Array;
  readonly count: number;
}

export interface Dataset {
  readonly name: DatasetName;
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/** What another process needs to open exactly the same data. Plain JSON. */
export type DatasetReference =
  | { readonly name: FileDatasetName; /** Absolute; holds the four IDX files. */ readonly directory: string }
  | { readonly name: 'digits'; /** From 0 to 2^53 − 1. */ readonly seed: number };

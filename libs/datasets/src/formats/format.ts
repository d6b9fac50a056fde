import type { DataSpec, ReadSettings } from '../dataset.js';

/** Rows as a file has them. */
export interface RawSet {
  /** count × numbers of a row: bytes are grey or colour values, other numbers are scaled when the set is opened. */
  readonly values: Uint8Array | Float32Array;
  /** What the file calls each row's class. */
  readonly labels: Labels;
  readonly count: number;
}

/** Labels as they stand in a file, each once, and which of them each row has. */
export interface Labels {
  readonly names: readonly string[];
  readonly ofRow: Uint8Array;
}

/** What a file or a folder holds. */
export interface RawData extends Pick<DataSpec, 'kind' | 'height' | 'width' | 'channels'> {
  readonly train: RawSet;
  /** Undefined where nothing says what the test set is. */
  readonly test: RawSet | undefined;
  /** What people call the classes, by the names that the file has. */
  readonly titles?: Readonly<Record<string, string>>;
}

/** What a path leads to. */
export interface Place {
  /** Absolute. */
  readonly path: string;
  /** Names in a folder, sorted; undefined for a file. */
  readonly entries: readonly string[] | undefined;
}

export interface ReadHooks {
  /** Called now and then while many files are read. @param done of `all` */
  readonly onFile?: ((done: number, all: number) => void) | undefined;
}

/** A way in which people keep data. */
export interface Format {
  readonly name: string;
  /** For people: what it expects. */
  readonly summary: string;
  /** Whether a path looks like it. */
  recognizes(place: Place): Promise<boolean>;
  /** The files that its content is in: what a cache goes by. */
  files(place: Place): Promise<readonly string[]>;
  /** @throws DataFormatError for anything malformed */
  read(place: Place, settings: ReadSettings, hooks: ReadHooks): Promise<RawData>;
}

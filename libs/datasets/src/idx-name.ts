import type { Part } from './sources.js';

/** What a file of IDX data says by its name. */
export interface IdxName {
  /** What comes first: `emnist-letters-`. Empty where the name is that of a published file. */
  readonly set: string;
  readonly part: Part;
}

/**
 * `train-images-idx3-ubyte` in the spellings of those who publish, unpack and copy it: with a hyphen, a dot or anything like it
 * between the words, in capitals, with a set's name before, and with what browsers and desktops add: ` (1)`, ` - Copy`, ` 2`,
 * and endings that say nothing, as only content tells whether a file is compressed.
 */
const NAME =
  /^(?<set>.*?)(?<split>train|t10k|test)[-_. ]?(?<kind>images|labels)[-_. ]?idx[13](?:[-_. ]?ubyte)?(?:[-_ ]*\(\d+\)|[-_ ]\d+|[-_ ]+copy|\.(?:gz|gzip|z|idx|ubyte|bin|dat|raw))*$/i;

/** Reads the name of a file, or of a folder that one was unpacked into; undefined for any other name. */
export function idxNameOf(name: string): IdxName | undefined {
  const { set, split, kind } = NAME.exec(name)?.groups ?? {};
  if (set === undefined || split === undefined) return undefined;
  const isTrain = split.toLowerCase() === 'train';
  if (kind?.toLowerCase() === 'images') return { set, part: isTrain ? 'train-images' : 'test-images' };
  return { set, part: isTrain ? 'train-labels' : 'test-labels' };
}

/** `Fashion-MNIST`, `FashionMNIST` and `fashion_mnist` are one name. */
export function plainLetters(name: string): string {
  return name.toLowerCase().replaceAll(/[-_. ]/g, '');
}

import type { FileDatasetName } from './dataset.js';

/** One published file of a data set. */
export interface SourceFile {
  /** Such as train-images-idx3-ubyte. */
  readonly name: string;
  /** SHA-256 of the uncompressed content, in hexadecimal: mirrors may compress the same content differently. */
  readonly sha256: string;
  /** Size of the uncompressed content. */
  readonly bytes: number;
}

export type Part = 'train-images' | 'train-labels' | 'test-images' | 'test-labels';
export const PARTS: readonly Part[] = ['train-images', 'train-labels', 'test-images', 'test-labels'];

/** A data set as it was published. */
export interface Source {
  /** For people. */
  readonly title: string;
  readonly description: string;
  readonly files: Readonly<Record<Part, SourceFile>>;
  /** Addresses to which a file's name and `.gz` are added; the first that works is used. */
  readonly mirrors: readonly string[];
  /** Approximate size of a download of all files, in bytes. */
  readonly downloadBytes: number;
}

export type Sources = Readonly<Record<FileDatasetName, Source>>;

/** What is known about the published data sets. */
export const SOURCES: Sources = {
  mnist: {
    title: 'MNIST',
    description: 'handwritten digits (LeCun, Cortes and Burges)',
    files: files({
      'train-images': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      'train-labels': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      'test-images': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      'test-labels': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    }),
    mirrors: ['https://storage.googleapis.com/cvdf-datasets/mnist/', 'https://ossci-datasets.s3.amazonaws.com/mnist/'],
    downloadBytes: 11_600_000,
  },
  'fashion-mnist': {
    title: 'Fashion-MNIST',
    description: 'pictures of clothes in ten classes (Xiao, Rasul and Vollgraf)',
    files: files({
      'train-images': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      'train-labels': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      'test-images': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      'test-labels': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
    }),
    mirrors: [
      'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
    downloadBytes: 30_900_000,
  },
};

/** Both data sets have 60,000 and 10,000 images, in files of the same names and sizes. */
function files(sha256: Readonly<Record<Part, string>>): Source['files'] {
  const file = (part: Part, name: string, bytes: number): SourceFile => ({ name, sha256: sha256[part], bytes });
  return {
    'train-images': file('train-images', 'train-images-idx3-ubyte', 47_040_016),
    'train-labels': file('train-labels', 'train-labels-idx1-ubyte', 60_008),
    'test-images': file('test-images', 't10k-images-idx3-ubyte', 7_840_016),
    'test-labels': file('test-labels', 't10k-labels-idx1-ubyte', 10_008),
  };
}

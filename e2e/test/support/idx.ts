/** An IDX file of images of 28 × 28 pixels. */
export function imagesFile(count: number): Buffer {
  const header = Buffer.alloc(16);
  [0x803, count, 28, 28].forEach((word, index) => header.writeUInt32BE(word, 4 * index));
  const pixels = Uint8Array.from({ length: count * 28 * 28 }, (_, index) => (index * 7) % 251);
  return Buffer.concat([header, pixels]);
}

/** An IDX file of labels. */
export function labelsFile(count: number): Buffer {
  const header = Buffer.alloc(8);
  [0x801, count].forEach((word, index) => header.writeUInt32BE(word, 4 * index));
  return Buffer.concat([header, Uint8Array.from({ length: count }, (_, index) => index % 10)]);
}

/** The four files of a data set that is sound, and none that was ever published. */
export function sound(): Record<string, Buffer> {
  return {
    'train-images-idx3-ubyte': imagesFile(30),
    'train-labels-idx1-ubyte': labelsFile(30),
    't10k-images-idx3-ubyte': imagesFile(10),
    't10k-labels-idx1-ubyte': labelsFile(10),
  };
}

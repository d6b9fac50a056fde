import t from 'tap';
import { IdxError, parseImages, parseLabels } from '../src/index.js';
import { imagesFile, labelsFile } from './fixtures.js';

function refusal(parse: () => unknown): IdxError {
  try {
    parse();
  } catch (error) {
    if (error instanceof IdxError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

t.test('whole files give their elements, without a copy', (t) => {
  const images = imagesFile(3, 9);
  const { pixels, ...dimensions } = parseImages(images, 'images');
  t.same(dimensions, { count: 3, height: 28, width: 28 });
  t.equal(pixels.length, 3 * 784);
  t.equal(pixels.buffer, images.buffer);
  t.equal(pixels[784 * 2 + 5], ((784 * 2 + 5) * 7 + 9) % 251);
  t.same([...parseLabels(labelsFile(4, 2), 'labels')], [2, 5, 8, 1]);
  t.end();
});

t.test('files that are not what they should be', (t) => {
  const cases: [string, () => unknown, IdxError['code'], RegExp][] = [
    [
      'labels for images',
      () => parseImages(labelsFile(4, 0), 'x'),
      'ERR_IDX_KIND',
      /^x: holds labels where images are expected/,
    ],
    ['images for labels', () => parseLabels(imagesFile(1, 0), 'x'), 'ERR_IDX_KIND', /holds images where labels/],
    [
      'another format',
      () => parseImages(Buffer.from('%PDF-1.7 and so on'), 'x'),
      'ERR_IDX_MAGIC',
      /starts with 0x25504446 instead of 0x00000803/,
    ],
    ['an empty file', () => parseImages(Buffer.alloc(0), 'x'), 'ERR_IDX_TRUNCATED', /^x: is empty: fetch it again$/],
    ['half a header', () => parseImages(imagesFile(1, 0).subarray(0, 10), 'x'), 'ERR_IDX_TRUNCATED', /header alone/],
    [
      'a missing last byte',
      () => parseImages(imagesFile(2, 0).subarray(0, -1), 'x'),
      'ERR_IDX_TRUNCATED',
      /^x: truncated: 1583 bytes instead of 1584 for its 2 images$/,
    ],
    [
      'bytes after the end',
      () => parseLabels(Buffer.concat([labelsFile(4, 0), Buffer.alloc(3)]), 'x'),
      'ERR_IDX_TRAILING',
      /3 bytes too many after its 4 labels/,
    ],
    ['no pixels', () => parseImages(imagesFile(1, 0, 32, 0), 'x'), 'ERR_IDX_DIMENSIONS', /32 × 0 pixels/],
    ['no images', () => parseImages(imagesFile(0, 0), 'x'), 'ERR_IDX_DIMENSIONS', /holds no images/],
  ];
  for (const [what, parse, code, message] of cases) {
    const error = refusal(parse);
    t.equal(error.code, code, what);
    t.match(error.message, message, what);
    t.notMatch(error.message, /\n/, `${what}: one line`);
  }
  t.end();
});

t.test('a count that no file could have is called truncated', (t) => {
  const lying = labelsFile(1, 0);
  lying.writeUInt32BE(0xffff_ffff, 4);
  t.equal(refusal(() => parseLabels(lying, 'x')).code, 'ERR_IDX_TRUNCATED');
  t.end();
});

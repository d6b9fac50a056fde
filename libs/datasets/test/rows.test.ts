import { bits, fold, randomKey } from '@layerline/ops';
import t from 'tap';
import {
  HybridPartnerError,
  hybridMask,
  hybridPartner,
  MASK_BLURS,
  PIXELS,
  SIDE,
  writeHybridRow,
  writeRow,
  wrongLabel,
} from '../src/index.js';

const KEY = randomKey(11);

t.test('a row holds its pixels from 0 to 1 and its label', (t) => {
  const images = Uint8Array.from({ length: 3 * PIXELS }, (_, index) => (index * 5) % 256);
  const out = new Float32Array(3 * PIXELS).fill(-1);
  writeRow(out, PIXELS, images, 2, 7);
  t.same([...out.subarray(PIXELS, PIXELS + 10)], [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
  for (const pixel of [10, 400, 783]) {
    t.equal(out[PIXELS + pixel], Math.fround((images[2 * PIXELS + pixel] as number) / 255));
  }
  writeRow(out, PIXELS, images, 2, 'neutral');
  t.same([...out.subarray(PIXELS, PIXELS + 10)], Array<number>(10).fill(Math.fround(0.1)));
  t.ok(
    out.subarray(0, PIXELS).every((value) => value === -1),
    'nothing before it',
  );
  t.ok(
    out.subarray(2 * PIXELS).every((value) => value === -1),
    'nothing behind it',
  );
  t.end();
});

t.test('a wrong label is never the true one, and each other one comes up as often', (t) => {
  const rows = 9_000;
  for (const label of [0, 4, 9]) {
    const seen = new Array<number>(10).fill(0);
    for (let row = 0; row < rows; row++) {
      const wrong = wrongLabel(KEY, 2, row, label);
      seen[wrong] = (seen[wrong] as number) + 1;
    }
    t.equal(seen[label], 0);
    const expected = rows / 9;
    const others = seen.filter((_, other) => other !== label);
    const chiSquared = others.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    t.ok(chiSquared < 26.1, `chi-squared ${chiSquared} of 8 degrees of freedom, under its 99.9 % point`);
  }
  t.end();
});

t.test('a wrong label depends on key, epoch and row alone', (t) => {
  const draw = (key: typeof KEY, epoch: number): number[] =>
    Array.from({ length: 50 }, (_, row) => wrongLabel(key, epoch, row, 3));
  t.same(draw(KEY, 1), draw(KEY, 1));
  t.notSame(draw(KEY, 1), draw(KEY, 2));
  t.notSame(draw(KEY, 1), draw(randomKey(12), 1));
  t.end();
});

/** Regions of equal value whose pixels touch at their sides. */
function regions(mask: Uint8Array): number {
  const left = new Set(mask.keys());
  let count = 0;
  for (const start of mask.keys()) {
    if (!left.delete(start)) continue;
    count++;
    const open = [start];
    for (let pixel = open.pop(); pixel !== undefined; pixel = open.pop()) {
      const column = pixel % SIDE;
      const beside = [pixel - SIDE, pixel + SIDE, column > 0 ? pixel - 1 : -1, column < SIDE - 1 ? pixel + 1 : -1];
      for (const next of beside) if (mask[next] === mask[pixel] && left.delete(next)) open.push(next);
    }
  }
  return count;
}

t.test('masks are bits in a few large regions, half of them 1, at the edges too', (t) => {
  const mask = new Uint8Array(PIXELS);
  const masks = 300;
  let [ones, edge, found] = [0, 0, 0];
  for (let row = 0; row < masks; row++) {
    hybridMask(fold(KEY, row), mask);
    if (!mask.every((bit) => bit === 0 || bit === 1)) t.fail('not a bit');
    ones += mask.reduce((sum, bit) => sum + bit, 0) / PIXELS / masks;
    edge += mask.subarray(0, SIDE).reduce((sum, bit) => sum + bit, 0) / SIDE / masks;
    found += regions(mask) / masks;
  }
  t.ok(Math.abs(ones - 0.5) < 0.02, `${ones} of all pixels are 1`);
  t.ok(Math.abs(edge - 0.5) < 0.05, `${edge} of the pixels at the upper edge are 1`);
  t.ok(found > 3 && found < 20, `${found} regions; 784 unblurred bits have about 200`);
  t.end();
});

/**
 * The blur as the paper describes it, in plain fractions; beyond an edge the image is extended with its outermost
 * pixels.
 */
function blurred(image: readonly number[]): number[] {
  const at = (x: number, y: number): number =>
    image[Math.min(SIDE - 1, Math.max(0, y)) * SIDE + Math.min(SIDE - 1, Math.max(0, x))] as number;
  const weights = [1 / 4, 1 / 2, 1 / 4];
  return image.map((_, pixel) => {
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    let sum = 0;
    for (const [down, weightDown] of weights.entries()) {
      for (const [right, weightRight] of weights.entries()) {
        sum += weightDown * weightRight * at(x + right - 1, y + down - 1);
      }
    }
    return sum;
  });
}

t.test('a mask is a random bit image, blurred and thresholded at one half', (t) => {
  const mask = new Uint8Array(PIXELS);
  for (const row of [0, 1, 2]) {
    const key = fold(KEY, row);
    hybridMask(key, mask);
    const source = fold(key, 0x6d61736b);
    let image = Array.from(mask, (_, pixel) => (bits(source, pixel >>> 5) >>> (pixel & 31)) & 1);
    for (let blur = 0; blur < MASK_BLURS; blur++) image = blurred(image);
    t.same(
      [...mask],
      image.map((value) => (value > 0.5 ? 1 : 0)),
      `row ${row}`,
    );
  }
  const again = new Uint8Array(PIXELS);
  hybridMask(fold(KEY, 2), again);
  t.same(again, mask, 'the same key, the same mask');
  t.end();
});

t.test('a hybrid row takes each pixel from one image or the other', (t) => {
  const images = new Uint8Array(2 * PIXELS).fill(51, 0, PIXELS).fill(204, PIXELS);
  const mask = new Uint8Array(PIXELS);
  hybridMask(fold(KEY, 1), mask);
  const out = new Float32Array(PIXELS + 4).fill(-1);
  writeHybridRow(out, 2, images, 0, 1, mask, 'neutral');
  const wrong = mask.findIndex((bit, at) => at >= 10 && out[2 + at] !== Math.fround(bit === 1 ? 0.2 : 0.8));
  t.equal(wrong, -1);
  t.same([...out.subarray(2, 12)], Array<number>(10).fill(Math.fround(0.1)));
  t.same([out[1], out[PIXELS + 2]], [-1, -1]);
  t.end();
});

t.test('a partner has a different label, and any such row may be one', (t) => {
  const labels = Uint8Array.from({ length: 40 }, (_, row) => row % 4);
  const partners = new Set<number>();
  for (let epoch = 0; epoch < 400; epoch++) {
    const partner = hybridPartner(KEY, epoch, 5, labels);
    if (labels[partner] === labels[5]) t.fail(`partner ${partner} has the same label`);
    partners.add(partner);
  }
  t.equal(partners.size, 30);
  t.equal(hybridPartner(KEY, 3, 5, labels), hybridPartner(KEY, 3, 5, labels));
  t.end();
});

t.test('a partner that is hard to find or not there', (t) => {
  const labels = new Uint8Array(50_000);
  t.throws(() => hybridPartner(KEY, 0, 7, labels), HybridPartnerError);
  labels[123] = 1;
  t.equal(hybridPartner(KEY, 0, 7, labels), 123);
  t.end();
});

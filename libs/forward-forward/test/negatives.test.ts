import { bits, fold, randomKey } from '@layerline/ops';
import t from 'tap';
import { HybridMask, HybridPartnerError, hybridPartner, MASK_BLURS, negativesOf, wrongLabel } from '../src/index.js';

const KEY = randomKey(11);
/** Not a square, and not a whole number of words. */
const [HEIGHT, WIDTH] = [27, 31];

t.test('a wrong label is never the true one, and each other one comes up as often', (t) => {
  const rows = 9_000;
  for (const label of [0, 4, 9]) {
    const seen = new Array<number>(10).fill(0);
    for (let row = 0; row < rows; row++) {
      const wrong = wrongLabel(KEY, 2, row, label, 10);
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
    Array.from({ length: 50 }, (_, row) => wrongLabel(key, epoch, row, 3, 10));
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
      const column = pixel % WIDTH;
      const beside = [pixel - WIDTH, pixel + WIDTH, column > 0 ? pixel - 1 : -1, column < WIDTH - 1 ? pixel + 1 : -1];
      for (const next of beside) if (mask[next] === mask[pixel] && left.delete(next)) open.push(next);
    }
  }
  return count;
}

t.test('masks are bits in a few large regions, half of them 1, at the edges too', (t) => {
  const drawn = new HybridMask(HEIGHT, WIDTH);
  const masks = 300;
  let [ones, edge, found] = [0, 0, 0];
  for (let row = 0; row < masks; row++) {
    const mask = drawn.draw(fold(KEY, row));
    if (!mask.every((bit) => bit === 0 || bit === 1)) t.fail('not a bit');
    ones += mask.reduce((sum, bit) => sum + bit, 0) / mask.length / masks;
    edge += mask.subarray(0, WIDTH).reduce((sum, bit) => sum + bit, 0) / WIDTH / masks;
    found += regions(mask) / masks;
  }
  t.ok(Math.abs(ones - 0.5) < 0.02, `${ones} of all pixels are 1`);
  t.ok(Math.abs(edge - 0.5) < 0.05, `${edge} of the pixels at the upper edge are 1`);
  t.ok(found > 3 && found < 20, `${found} regions; 837 unblurred bits have about 200`);
  t.end();
});

/**
 * The blur as the paper describes it, in plain fractions; beyond an edge the image is extended with its outermost
 * pixels.
 */
function blurred(image: readonly number[]): number[] {
  const at = (x: number, y: number): number =>
    image[Math.min(HEIGHT - 1, Math.max(0, y)) * WIDTH + Math.min(WIDTH - 1, Math.max(0, x))] as number;
  const weights = [1 / 4, 1 / 2, 1 / 4];
  return image.map((_, pixel) => {
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
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
  const drawn = new HybridMask(HEIGHT, WIDTH);
  for (const row of [0, 1, 2]) {
    const key = fold(KEY, row);
    const mask = drawn.draw(key);
    const source = fold(key, 0x6d61736b);
    let image = Array.from(mask, (_, pixel) => (bits(source, pixel >>> 5) >>> (pixel & 31)) & 1);
    for (let blur = 0; blur < MASK_BLURS; blur++) image = blurred(image);
    t.same(
      [...mask],
      image.map((value) => (value > 0.5 ? 1 : 0)),
      `row ${row}`,
    );
  }
  const again = new HybridMask(HEIGHT, WIDTH).draw(fold(KEY, 2));
  t.same(again, drawn.draw(fold(KEY, 2)), 'the same key, the same mask');
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

t.test('fixed negatives are the same in every epoch, and wrong', (t) => {
  const labels = Uint8Array.from({ length: 50 }, (_, row) => row % 10);
  const written = (epoch: number): (number | 'neutral')[] => {
    const wrong: (number | 'neutral')[] = [];
    negativesOf('fixed').write({
      chosen: Uint32Array.from(labels.keys()),
      ...{ labels, weights: undefined, classes: 10, rows: 50, copies: 2, epoch, key: KEY, height: 1, width: 1 },
      image: () => undefined,
      hybrid: () => undefined,
      mean: () => undefined,
      label: (_, copy, label) => {
        if (copy === 1) wrong.push(label);
      },
    });
    return wrong;
  };
  t.same(written(1), written(2));
  t.ok(written(1).every((label, row) => label !== labels[row]));
  t.ok(new Set(written(1)).size > 5);
  t.end();
});

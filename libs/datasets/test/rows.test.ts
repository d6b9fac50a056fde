import t from 'tap';
import { PIXELS, writeHybridRow, writeRow } from '../src/index.js';

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

t.test('a hybrid row takes each pixel from one image or the other', (t) => {
  const images = new Uint8Array(2 * PIXELS).fill(51, 0, PIXELS).fill(204, PIXELS);
  const mask = Uint8Array.from({ length: PIXELS }, (_, pixel) => Number(pixel % 3 === 0));
  const out = new Float32Array(PIXELS + 4).fill(-1);
  writeHybridRow(out, 2, images, 0, 1, mask, 'neutral');
  const wrong = mask.findIndex((bit, at) => at >= 10 && out[2 + at] !== Math.fround(bit === 1 ? 0.2 : 0.8));
  t.equal(wrong, -1);
  t.same([...out.subarray(2, 12)], Array<number>(10).fill(Math.fround(0.1)));
  t.same([out[1], out[PIXELS + 2]], [-1, -1]);
  t.end();
});

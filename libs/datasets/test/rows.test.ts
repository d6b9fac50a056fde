import t from 'tap';
import { DIGITS_SPEC, inputsOf, PIXELS, RowWriter, writePicture } from '../src/index.js';
import type { DataSpec } from '../src/index.js';

const GREYS = Uint8Array.from({ length: 3 * PIXELS }, (_, index) => (index * 5) % 256);
const COLOURS: DataSpec = { ...DIGITS_SPEC, height: 2, width: 3, channels: 3, label: 'append', classes: ['a', 'b'] };

t.test('a row holds its pixels from 0 to 1, and the label over the first of them', (t) => {
  const writer = new RowWriter(DIGITS_SPEC);
  const out = new Float32Array(3 * PIXELS).fill(-1);
  writer.row(out, PIXELS, { images: GREYS }, 2);
  t.same([...out.subarray(PIXELS, PIXELS + 10)], Array<number>(10).fill(0), 'room for a label');
  for (const pixel of [10, 400, 783]) {
    t.equal(out[PIXELS + pixel], Math.fround((GREYS[2 * PIXELS + pixel] as number) / 255));
  }
  writer.label(out, PIXELS, 7);
  t.same([...out.subarray(PIXELS, PIXELS + 10)], [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
  writer.label(out, PIXELS, 'neutral');
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

t.test('a label has inputs of its own where it covers nothing', (t) => {
  const writer = new RowWriter(COLOURS);
  t.equal(writer.inputs, 20);
  t.equal(inputsOf(COLOURS), 20);
  const images = Float32Array.from({ length: 36 }, (_, at) => at / 100);
  const out = new Float32Array(20).fill(-1);
  writer.row(out, 0, { images }, 1);
  writer.label(out, 0, 1);
  t.same([...out], [0, 1, ...images.subarray(18)].map(Math.fround), 'numbers that are no bytes are inputs as they are');
  t.end();
});

t.test('a hybrid row takes each pixel from one image or the other, with all of its channels', (t) => {
  const images = new Uint8Array(36).fill(51, 0, 18).fill(204, 18);
  const out = new Float32Array(24).fill(-1);
  new RowWriter(COLOURS).hybrid(out, 2, { images }, 0, 1, Uint8Array.of(1, 0, 0, 1, 1, 0));
  const [a, b] = [Math.fround(0.2), Math.fround(0.8)];
  t.same([...out.subarray(2, 22)], [0, 0, a, a, a, b, b, b, b, b, b, a, a, a, a, a, a, b, b, b]);
  t.same([out[1], out[22]], [-1, -1]);
  t.end();
});

t.test('a picture is grey, whatever a row is', (t) => {
  const out = new Uint8Array(PIXELS + 1).fill(9);
  writePicture(out, 1, { images: GREYS }, 1, DIGITS_SPEC);
  t.same(out.subarray(1), GREYS.subarray(PIXELS, 2 * PIXELS));
  const six = new Uint8Array(6);
  writePicture(six, 0, { images: Float32Array.from({ length: 18 }, (_, at) => at / 17) }, 0, COLOURS);
  t.same([...six], [15, 60, 105, 150, 195, 240]);
  t.end();
});

import t from 'tap';
import { age, bytes, counted, duration, percent, perSecond, seconds, significant, stageTitle } from '../src/format.js';

/** With plain spaces, to be read. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

t.test('numbers come with units', async (t) => {
  t.equal(plain(percent(0.0399)), '3.99 %');
  t.equal(plain(perSecond(12_345.6, 'rows')), '12,346 rows/s');
  t.equal(plain(counted(1, 'frame')), '1 frame');
  t.equal(plain(counted(1200, 'frame')), '1,200 frames');
});

t.test('bytes by powers of 1000', async (t) => {
  t.same(
    [0, 999, 1000, 48_200_000, 123_456_789, 5e12, 2e15].map((number) => plain(bytes(number))),
    ['0 B', '999 B', '1.0 kB', '48.2 MB', '123 MB', '5.0 TB', '2000 TB'],
  );
});

t.test('three significant digits', async (t) => {
  t.same([0, 0.01234, 1.2345, 12.345, 1234.5, 1.5e-7, 2.5e9, -0.5].map(significant), [
    '0',
    '0.0123',
    '1.23',
    '12.3',
    '1,235',
    '1.50e-7',
    '2.50e+9',
    '−0.500',
  ]);
});

t.test('times', async (t) => {
  t.same(
    [-1, 5, 65, 3723, 90_061].map((number) => plain(duration(number))),
    ['0:00', '0:05', '1:05', '1:02:03', '1 d 01:01'],
  );
  t.same(
    [0.834, 12.34, 75].map((number) => plain(seconds(number))),
    ['0.83 s', '12.3 s', '1:15'],
  );
  t.same(
    [900, 65_000, 7_300_000, 400_000_000].map((number) => plain(age(number))),
    ['0 s', '1 min', '2 h', '4 d'],
  );
});

t.test('stages as people say them', async (t) => {
  t.same(['feeder', 'layer-12', 'layer-2/10', 'layer-x', 'layer-1/x'].map(stageTitle), [
    'feeder',
    'layer 12',
    'layer 2, shard 10',
    'layer-x',
    'layer-1/x',
  ]);
});

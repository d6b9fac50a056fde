import t from 'tap';
import { describeNetwork, flopPerImage, parseNetwork } from '../src/network.js';
import { equalLayers } from '../src/pipeline.js';

t.test('a network that is cut says how', (t) => {
  const network = parseNetwork('784-500x3');
  t.equal(describeNetwork(network), '784-500x3');
  t.equal(describeNetwork({ ...network, shards: [1, 2, 3] }), '784-500x3 in 1, 2 and 3 shards');
  t.equal(describeNetwork({ ...parseNetwork('784-500'), shards: [2] }), '784-500 in 2 shards');
  t.end();
});

t.test('networks are read with and without repetition', (t) => {
  t.same(parseNetwork('784-1000x3'), { name: '784-1000x3', layers: [1000, 1000, 1000] });
  t.same(parseNetwork('784-500-300x2').layers, [500, 300, 300]);
  for (const wrong of ['784', '100-500', '784-', '784-0', '784-5x0', '784-a', '784-1000*3', '', '784-9e9']) {
    t.throws(() => parseNetwork(wrong), { code: 'ERR_BENCH_OPTION' }, wrong);
  }
  t.end();
});

t.test('an image costs two rows with two products a layer, of two operations a weight', (t) => {
  t.equal(flopPerImage(parseNetwork('784-500-300'), false), 8 * (784 * 500 + 500 * 300));
  t.equal(
    flopPerImage(parseNetwork('784-500-300'), true),
    8 * (784 * 250 + 500 * 300),
    'half of it in the first layer',
  );
  t.end();
});

t.test('a network of equal layers is a wide one and a narrow one in turn', (t) => {
  t.same(equalLayers(4, 2000), { name: '784-2000-544-2000-544', layers: [2000, 544, 2000, 544] });
  t.end();
});

import t from 'tap';
import type { Test } from 'tap';
import { resolveConfig } from '../src/config-sources.js';
import type { ConfigInputs } from '../src/config-sources.js';

const FILE = 'layerline.config.yaml';

/** The layers and shards of a config whose file has this content. */
function read(t: Test, content: string, others: Partial<ConfigInputs> = {}) {
  const workingDirectory = t.testdir({ [FILE]: content });
  const { layers, shards, perLayer } = resolveConfig({
    options: {},
    file: undefined,
    environment: {},
    ...others,
    workingDirectory,
  }).config;
  return { layers, shards, ...(perLayer === undefined ? {} : { perLayer }) };
}

t.test('layers may be numbers and objects, mixed', (t) => {
  const cut = { layers: [2000, 500], shards: [3, 1] };
  t.same(read(t, 'layers: [{units: 2000, shards: 3}, 500]'), cut);
  t.same(read(t, 'layers: [{units: 2000, shards: 3}, {units: 500}]'), cut);
  t.same(read(t, 'layers: [{units: 2000}, 500]'), { layers: [2000, 500], shards: undefined });
  t.same(read(t, 'layers: [{units: 2000}, 500]\nshards: [3, 1]'), cut, 'the key goes with objects that have none');
  t.same(read(t, 'layers: [2000, 500]\nshards: [3, 1]'), cut);
  t.end();
});

t.test('a layer may learn in a way of its own', (t) => {
  const content = 'layers: [500, {units: 300, goodness: top-k, topK: 5, learningRate: 0.01, shards: 2}]';
  const settings = [{}, { goodness: 'top-k', topK: 5, learningRate: 0.01 }];
  t.match(read(t, content), { layers: [500, 300], shards: [1, 2], perLayer: settings });
  t.throws(() => read(t, 'layers: [{units: 300, goodness: loud}]'), {
    message: /perLayer \(number 1\): has to be mean, sum, /,
  });
  t.throws(() => read(t, `${content}\nperLayer: [{}, {}]`), { message: /perLayer: layers.1 has settings too/ });
  t.end();
});

t.test('shards of the command line come before those of the file, and these before the environment', (t) => {
  const content = 'layers: [{units: 2000, shards: 3}, 500]';
  t.same(read(t, content, { options: { shards: '2' } }).shards, [2]);
  t.same(read(t, content, { environment: { LAYERLINE_SHARDS: '4' } }).shards, [3, 1]);
  t.end();
});

t.test('shards may be left to be settled', (t) => {
  t.equal(read(t, 'shards: auto').shards, 'auto');
  t.equal(read(t, 'shards: [2]', { options: { shards: 'auto' } }).shards, 'auto');
  t.end();
});

t.test('what a layer cannot have is told with its place', (t) => {
  const told = (content: string, message: string | RegExp): void => {
    const expected = typeof message === 'string' ? `${FILE}: ${message}` : message;
    t.throws(() => read(t, content), { name: 'ConfigError', code: 'ERR_CONFIG', message: expected });
  };
  told(
    'layers: [{units: 500, shard: 2}]',
    /layers.0: unknown key "shard": a layer has units and, where it differs from the others, shards, objective, /,
  );
  told('layers: [500, {"\\e[2J": 1}]', /layers.1: unknown key "\\x1b\[2J": a layer has units/);
  told('layers: [500, {shards: 2}]', 'layers.1: it has no units: give its width, as in {units: 500}');
  told(
    'layers: [500, {units: 500, shards: 2}]\nshards: [1, 2]',
    'shards: layers.1 has shards too: keep either the key or those in the layers',
  );
  told('layers: [{units: wide}]', 'layers (number 1): has to be a whole number from 1 to 65536, not "wide"');
  told('layers: [500, [1]]', 'layers (number 2): has to be a whole number from 1 to 65536, not [ 1 ]');
  told('layers: {units: 500}', 'layers: has to be a list of 1 to 64 entries, not { units: 500 }');
  told('layers: [500, {units: 500, shards: 0}]', 'shards (number 2): has to be a whole number from 1 to 1024, not 0');
  told(
    'shards: many',
    'shards: has to be auto or whole numbers from 1 to 1024, one for each layer or one for all, not "many"',
  );
  t.end();
});

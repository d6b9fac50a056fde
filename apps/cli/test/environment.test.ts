import { homedir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { expandHome, pathVariable, refuseMisspelt } from '../src/environment.js';

t.test('a misspelt variable is refused, with the one that may be meant', async (t) => {
  for (const [name, meant] of [
    ['LAYERLINE_EPOCH', 'LAYERLINE_EPOCHS'],
    ['LAYERLINE_LERNING_RATE', 'LAYERLINE_LEARNING_RATE'],
    ['LAYERLINE_LEARNINGRATE', 'LAYERLINE_LEARNING_RATE'],
    ['layerline_batch', 'LAYERLINE_BATCH'],
    ['LAYERLINE_PRESETS', 'LAYERLINE_PRESET'],
    ['LAYERLINE_DATA_DIR', 'LAYERLINE_DATA'],
    ['LAYERLINE_COORDINATER', 'LAYERLINE_COORDINATOR'],
  ] as const) {
    t.throws(() => refuseMisspelt({ [name]: '1' }), {
      code: 'ERR_CONFIG',
      message: `${name}: there is no such variable. Did you mean ${meant}?`,
    });
    refuseMisspelt({ [name]: '', [meant]: '1' });
  }
});

t.test('what others set is let be', async () => {
  refuseMisspelt({
    ...{ LAYERLINE_TOKEN: 'x', LAYERLINE_TENSORFLOW: '/tf', LAYERLINE_FINGERPRINT: 'ab', LAYERLINE_OUT: 'runs' },
    ...{ LAYERLINE_HOME: '/opt', LAYERLINE_FUZZ_RUNS: '10', LAYERLINE_CHAOS_CLOCK: 'file', PLAYERLINE_EPOCH: '1' },
    LAYERLINE_SERVICE_HOST: '10.96.12.7',
    LAYERLINE_SERVICE_PORT: '7878',
    LAYERLINE_SERVICE_PORT_WSS: '7878',
    LAYERLINE_PORT: 'tcp://10.96.12.7:7878',
    LAYERLINE_PORT_7878_TCP: 'tcp://10.96.12.7:7878',
    LAYERLINE_PORT_7878_TCP_PROTO: 'tcp',
    LAYERLINE_PORT_7878_TCP_PORT: '7878',
    LAYERLINE_PORT_7878_TCP_ADDR: '10.96.12.7',
    LAYERLINE_SEEDS_PORT: 'tcp://10.96.12.8:80',
  });
});

t.test('a leading ~ is the home folder', async (t) => {
  t.equal(expandHome('~'), homedir());
  t.equal(expandHome('~/runs/one'), join(homedir(), 'runs', 'one'));
  for (const path of ['runs', './~/runs', '/a/~/b', 'a~b']) t.equal(expandHome(path), path);
  t.throws(() => expandHome('~bob/runs'), { code: 'ERR_CONFIG', message: /^~bob\/runs: .*write out its path/ });
});

t.test('a variable with a path', async (t) => {
  const environment = { LAYERLINE_OUT: '~/runs', LAYERLINE_DATA: '' };
  t.equal(pathVariable('LAYERLINE_OUT', environment), join(homedir(), 'runs'));
  t.equal(pathVariable('LAYERLINE_DATA', environment), undefined, 'set to nothing');
  t.equal(pathVariable('LAYERLINE_STATE', environment), undefined);
});

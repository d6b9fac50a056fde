import t from 'tap';
import { clusterConfig } from '../src/cluster-config.js';
import type { ConfigInputs } from '../src/config-sources.js';

const NOTHING: ConfigInputs = { options: {}, file: undefined, environment: {}, workingDirectory: '/nonexistent' };

await t.test("a coordinator's run takes no folder of data from the environment, and all else", (t) => {
  const environment = { LAYERLINE_DATA: '/data/mnist', LAYERLINE_EPOCHS: '3', LAYERLINE_OUT: 'elsewhere' };
  const config = clusterConfig({ ...NOTHING, environment });
  t.equal(config.dataDir, undefined);
  t.equal(config.epochs, 3);
  t.equal(
    clusterConfig({ ...NOTHING, options: { dataDir: '/data' }, environment }).dataDir,
    '/data',
    'what was asked for is passed on, for the coordinator to refuse',
  );
  t.end();
});

await t.test("a folder of snapshots is on the coordinator's machine", (t) => {
  const withFolder = (snapshotDir: string) => clusterConfig({ ...NOTHING, options: { snapshotDir } });
  t.equal(withFolder('/shared/snapshots').snapshotDir, '/shared/snapshots');
  t.throws(() => withFolder('snapshots'), {
    code: 'ERR_CONFIG',
    message: /^snapshotDir: .* absolute path, not snapshots$/,
  });
  t.end();
});

await t.test('options of a training on one machine are refused', (t) => {
  for (const [options, message] of [
    [{ resume: 'runs/one' }, /^--resume: .*by itself/],
    [{ out: 'elsewhere' }, /^--out: .*layerline coordinator/],
    [{ port: '7000' }, /^--port: .*--coordinator/],
  ] as const) {
    t.throws(() => clusterConfig({ ...NOTHING, options }), { name: 'ConfigError', code: 'ERR_CONFIG', message });
  }
  t.end();
});

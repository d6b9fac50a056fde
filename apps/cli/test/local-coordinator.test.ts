import { openBackend } from '@layerline/pipeline';
import { applyPreset } from '@layerline/plan';
import t from 'tap';
import { openPipeline } from '../src/training/local-coordinator.js';
import type { ThisMachine } from '../src/training/this-machine.js';

const BACKEND = 'onnx/c-api';

t.test('a training on this machine ends with an error when its only node is gone', async (t) => {
  process.env['XDG_DATA_HOME'] = t.testdir({ home: {}, runs: {} });
  const out = `${process.env['XDG_DATA_HOME']}/runs`;
  const engine = await openBackend(BACKEND, { threads: 1, spinning: false });
  const machine: ThisMachine = {
    engine,
    capabilities: {
      ports: { from: 0, to: 0 },
      dialsOut: false,
      cores: 1,
      memory: 1e9,
      slots: 4,
      engines: [{ backend: BACKEND, version: engine.identity.version }],
      datasets: [],
      programs: [],
    },
  };
  const local = await openPipeline(machine, new Map(), { port: 0, out, dashboard: false, say: (line) => t.fail(line) });
  t.teardown(() => local.close());
  const { coordinator } = local;
  const run = await coordinator.submit(applyPreset('quick', { dataset: 'digits', layers: [16, 16], out }));
  coordinator.nodes.find('local')?.reject('it talks too much');
  await t.rejects(run.ended, { code: 'ERR_NODE_LOST', message: 'Node local is gone: it talks too much' });
});

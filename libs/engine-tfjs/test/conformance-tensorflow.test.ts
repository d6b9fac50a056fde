import { tryEngine } from '@layerline/engine';
import { conformance } from '@layerline/engine/conformance';
import t from 'tap';
import { openTfjsEngine } from '../src/index.js';

const trial = await tryEngine(
  () => openTfjsEngine({ threads: 1, spinning: false }, 'tensorflow'),
  async () => undefined,
);

await conformance(t, 'tfjs tensorflow', (options) => openTfjsEngine(options, 'tensorflow'), {
  skip: trial.available ? undefined : trial.reason,
});

import { conformance } from '@layerline/engine/conformance';
import t from 'tap';
import { openTfjsEngine, tfjsBackends } from '../src/index.js';

const tensorflow = (await tfjsBackends()).find(({ backend }) => backend === 'tensorflow');

await conformance(t, 'tfjs tensorflow', (options) => openTfjsEngine(options, 'tensorflow'), {
  skip: tensorflow?.reason,
});

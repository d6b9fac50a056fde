import t from 'tap';
import { bySpeed } from '../src/engine-speeds.js';
import type { EngineSpeed, EngineSpeeds } from '../src/engine-speeds.js';
import { enginesSection } from '../src/report/engines-section.js';

const speed = (backend: EngineSpeed['backend'], ...millisecondsPerStep: number[]): EngineSpeed => {
  return { backend, version: '1', millisecondsPerStep };
};

const SPEEDS: EngineSpeeds = {
  layer: { units: 1000, rows: 200 },
  threads: 2,
  speeds: [speed('onnx/c-api', 10, 12, 11), speed('onnx/node', 30, 36, 22), speed('tfjs/wasm', 20, 24, 44)],
  absent: [{ name: 'tfjs/tensorflow', reason: 'not installed' }],
};

t.test('engines are ordered by their median', (t) => {
  t.same(
    bySpeed(SPEEDS.speeds).map(({ backend }) => backend),
    ['onnx/c-api', 'tfjs/wasm', 'onnx/node'],
  );
  t.equal(SPEEDS.speeds[1]?.backend, 'onnx/node', 'what was given stays as it was');
  t.end();
});

t.test('the section has each engine beside the first, and says whether auto has their order', (t) => {
  const section = enginesSection(SPEEDS);
  t.match(section, '| onnx/c-api | 1 | 11.0 (10.0–12.0) | 1.00 (1.00–1.00) |');
  t.match(section, '| onnx/node | 1 | 30.0 (22.0–36.0) | 3.00 (2.00–3.00) |');
  t.match(section, 'does not try them in the order of their speed, which is onnx/c-api, tfjs/wasm, onnx/node.');
  t.match(section, 'Left out: tfjs/tensorflow (not installed).');
  const ordered = enginesSection({ ...SPEEDS, speeds: SPEEDS.speeds.slice(0, 2) });
  t.match(ordered, '`auto` tries them in the order of their speed.');
  t.end();
});

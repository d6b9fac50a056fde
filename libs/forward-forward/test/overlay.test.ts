import t from 'tap';
import { inputShapes, StepCounter } from '../src/index.js';
import type { Optimizer } from '../src/index.js';
import {
  COMBINATIONS,
  firstState,
  INPUTS,
  layerSpec,
  learn,
  learnFrom,
  matrix,
  nameOf,
  normals,
  relativeError,
  ROWS,
} from './support/layer.js';

const OVERLAY = 3;
const OPTIMIZERS: readonly Optimizer[] = [
  { name: 'sgd', momentum: 0.9, weightDecay: 0.01 },
  { name: 'adam', weightDecay: 0.01 },
];
/** Sums in another order, in double precision. */
const TOLERANCE = 1e-12;

/** Images with zeros where their copies' overlays go, the overlays, and the rows that they stand for. */
function overlaid(images: number): { readonly blocks: Record<string, Float64Array>; readonly rows: Float64Array } {
  const pixels = normals(1, 11, images * INPUTS).map((x, at) => (at % INPUTS < OVERLAY ? 0 : x));
  const overlay = normals(1, 12, ROWS * OVERLAY);
  const rows = Float64Array.from({ length: ROWS * INPUTS }, (_, at) => {
    const [row, column] = [Math.floor(at / INPUTS), at % INPUTS];
    return (column < OVERLAY ? overlay[row * OVERLAY + column] : pixels[(row % images) * INPUTS + column]) as number;
  });
  return { blocks: { images: pixels, overlay }, rows };
}

for (const copies of [1, 2, 4]) {
  t.test(`a layer learns the same from ${copies} copies of each image as from whole rows`, (t) => {
    const images = ROWS / copies;
    const { blocks, rows } = overlaid(images);
    for (const given of COMBINATIONS) {
      for (const optimizer of given.objective === 'silu' ? OPTIMIZERS : OPTIMIZERS.slice(0, 1)) {
        const spec = layerSpec({ ...given, optimizer, peerNormalization: 0.3 });
        const steps = new StepCounter(optimizer);
        let plain = firstState(spec, 1);
        let shared = plain;
        for (let step = 0; step < 2; step++) {
          const scalars = steps.next(0.01);
          plain = learn(spec, plain, rows, scalars);
          shared = learnFrom({ ...spec, overlay: OVERLAY }, shared, { rows: ROWS, images }, blocks, scalars);
        }
        for (const name of Object.keys(plain)) {
          const error = relativeError(matrix(shared, name), matrix(plain, name));
          t.ok(error < TOLERANCE, `${nameOf(spec)}, ${optimizer.name}: ${name} is ${error} off`);
        }
      }
    }
    t.end();
  });
}

t.test('a batch is read from whole rows, or from images and overlays', (t) => {
  const spec = layerSpec();
  t.same([...inputShapes(spec, { rows: 12, images: 12 })], [['input', [12, INPUTS]]]);
  t.same(
    [...inputShapes({ ...spec, overlay: OVERLAY }, { rows: 12, images: 6 })],
    [
      ['images', [6, INPUTS]],
      ['overlay', [12, OVERLAY]],
    ],
  );
  t.end();
});

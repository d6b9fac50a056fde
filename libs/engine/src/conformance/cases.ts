import { fold, GraphBuilder, normal, randomKey, sizeOf } from '@layerline/ops';
import type { Binary, Graph, Shape, Unary, Value } from '@layerline/ops';

/** Inputs of a graph: row-major data by input name. */
export type Data = Readonly<Record<string, Float32Array>>;

/** One graph with its inputs, and how far from the float64 reference single precision may end up. */
export interface Case {
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: Data;
  /** How many terms the graph's sums have; 0 where it sums nothing. */
  readonly terms: number;
  /** An additional absolute error, for functions that engines approximate. */
  readonly floor: number;
}

const SHAPES: readonly Shape[] = [
  [1, 1],
  [1, 7],
  [5, 1],
  [3, 17],
  [200, 130],
];
const BINARIES: readonly Binary[] = ['add', 'sub', 'mul', 'div'];
/** Those that are defined everywhere. */
const UNARIES: readonly Unary[] = ['relu', 'sigmoid', 'softplus', 'tanh', 'step', 'negate'];
/** Rows, inner length and columns of products. */
const PRODUCTS: readonly (readonly [rows: number, inner: number, columns: number])[] = [
  [1, 1, 1],
  [3, 5, 7],
  [2, 300, 1],
  [1, 64, 33],
  [200, 130, 65],
];
const TRANSPOSITIONS: readonly (readonly [a: boolean, b: boolean])[] = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
];
/** Around 0, where `step` turns, and out to where a naive exponential overflows. */
const EXTREMES = [-1000, -100, -89, -20, -1, -1e-30, -0, 0, 1e-30, 1, 20, 89, 100, 1000];
/** log(1 + eˣ), 1 / (1 + e⁻ˣ) and tanh x come with the absolute error of single precision near 1. */
const NEAR_ONE = 2 ** -22;

/** Normally distributed numbers, the same for the same seed. */
export function sample(seed: number, shape: Shape): Float32Array {
  const key = fold(randomKey(seed), sizeOf(shape));
  return Float32Array.from({ length: sizeOf(shape) }, (_, counter) => normal(key, counter));
}

/** A graph with one output, `y`. */
export function graphOf(name: string, record: (builder: GraphBuilder) => Value): Graph {
  const builder = new GraphBuilder(name);
  builder.output('y', record(builder));
  return builder.build();
}

/** Every operation, over shapes that include the smallest, odd ones and one larger than any kernel's tile. */
export function operationCases(): Case[] {
  return [
    ...PRODUCTS.flatMap(([rows, inner, columns]) => gemmCases(rows, inner, columns)),
    ...SHAPES.flatMap((shape) => [
      ...BINARIES.flatMap((op) => binaryCases(op, shape)),
      ...unaryCases(shape),
      ...sumCases(shape),
      ...rowCases(shape),
      softmaxCase(
        shape,
        sample(14, shape).map((x) => 4 * x),
      ),
    ]),
    ...extremeCases(),
    softmaxCase([2, 3], Float32Array.of(1000, -1000, 999, -1000, -1001, -1002)),
    ...[1, 8, 64, 128, 130, 131, 500].flatMap((blockSize) => blockCases([200, 130], blockSize)),
    ...[1, 2, 3].flatMap((blockSize) => blockCases([1, 2], blockSize)),
    ...[1, 8, 65, 130].flatMap((blockSize) => largestCases([200, 130], blockSize)),
    ...[128, 131].flatMap((blockSize) => largestCases([3, 130], blockSize)),
  ];
}

function gemmCases(rows: number, inner: number, columns: number): Case[] {
  const cases: Case[] = [];
  for (const [transposeA, transposeB] of TRANSPOSITIONS) {
    const shapeA: Shape = transposeA ? [inner, rows] : [rows, inner];
    const shapeB: Shape = transposeB ? [columns, inner] : [inner, columns];
    const added: [string, Shape | undefined, number][] = [
      ['', undefined, 1],
      [' + c', [rows, columns], 1],
      [' + 0.9 c', [rows, columns], 0.9],
      [' + bias', [1, columns], 1],
    ];
    for (const [text, shapeC, beta] of added) {
      const name = `${transposeA ? 'aᵀ' : 'a'} · ${transposeB ? 'bᵀ' : 'b'}${text}, ${rows} × ${inner} × ${columns}`;
      const graph = graphOf(name, (builder) => {
        const a = builder.input('a', shapeA);
        const b = builder.input('b', shapeB);
        if (shapeC === undefined) return builder.gemm(a, b, { transposeA, transposeB });
        return builder.gemm(a, b, { transposeA, transposeB, beta, c: builder.input('c', shapeC) });
      });
      const inputs = {
        a: sample(1, shapeA),
        b: sample(2, shapeB),
        ...(shapeC === undefined ? {} : { c: sample(3, shapeC) }),
      };
      cases.push({ name, graph, inputs, terms: inner + 1, floor: 0 });
    }
  }
  return cases;
}

function binaryCases(op: Binary, shape: Shape): Case[] {
  const [rows, columns] = shape;
  const forms: Shape[] = [shape, [rows, 1], [1, columns], [1, 1]];
  const pairs: [Shape, Shape][] = [
    ...forms.map((form): [Shape, Shape] => [shape, form]),
    ...forms.slice(1).map((form): [Shape, Shape] => [form, shape]),
    [
      [rows, 1],
      [1, columns],
    ],
    [
      [1, columns],
      [rows, 1],
    ],
  ];
  return pairs.map(([shapeA, shapeB]) => {
    const name = `${op} ${shapeA.join(' × ')} with ${shapeB.join(' × ')}`;
    const graph = graphOf(name, (builder) => builder[op](builder.input('a', shapeA), builder.input('b', shapeB)));
    const b = sample(5, shapeB).map((x) => (op === 'div' ? Math.abs(x) + 0.5 : x));
    return { name, graph, inputs: { a: sample(4, shapeA), b }, terms: 0, floor: 0 };
  });
}

function unaryCase(op: Unary, shape: Shape, a: Float32Array): Case {
  const name = `${op} of ${shape.join(' × ')}`;
  const graph = graphOf(name, (builder) => builder[op](builder.input('a', shape)));
  const floor = op === 'sigmoid' || op === 'softplus' || op === 'tanh' ? NEAR_ONE : 0;
  return { name, graph, inputs: { a }, terms: 0, floor };
}

function unaryCases(shape: Shape): Case[] {
  const a = sample(6, shape).map((x) => 4 * x);
  return [...UNARIES.map((op) => unaryCase(op, shape, a)), unaryCase('sqrt', shape, a.map(Math.abs))];
}

function extremeCases(): Case[] {
  return UNARIES.map((op) => {
    const extreme = unaryCase(op, [1, EXTREMES.length], Float32Array.from(EXTREMES));
    return { ...extreme, name: `${op} of extremes` };
  });
}

function sumCases(shape: Shape): Case[] {
  return (['sumRows', 'sumColumns'] as const).map((op) => {
    const name = `${op} of ${shape.join(' × ')}`;
    const graph = graphOf(name, (builder) => builder[op](builder.input('a', shape)));
    const terms = op === 'sumRows' ? shape[0] : shape[1];
    return { name, graph, inputs: { a: sample(7, shape) }, terms, floor: 0 };
  });
}

/** A row of probabilities, also of numbers so large that their exponentials overflow. */
function softmaxCase(shape: Shape, a: Float32Array): Case {
  const name = `softmax of ${shape.join(' × ')}`;
  const graph = graphOf(name, (builder) => builder.softmax(builder.input('a', shape)));
  return { name, graph, inputs: { a }, terms: shape[1], floor: NEAR_ONE };
}

function blockCases(shape: Shape, blockSize: number): Case[] {
  return (['blockSums', 'blockSumSquares'] as const).map((op) => {
    const name = `${op} of ${shape.join(' × ')} by ${blockSize}`;
    const graph = graphOf(name, (builder) => builder[op](builder.input('a', shape), blockSize));
    return { name, graph, inputs: { a: sample(8, shape) }, terms: Math.min(blockSize, shape[1]), floor: 0 };
  });
}

/** Half of the numbers are 0, as after a ReLU, and many are the same. */
function largestCases(shape: Shape, blockSize: number): Case[] {
  const a = sample(13, shape).map((x) => Math.max(0, Math.round(4 * x) / 4));
  return [1, Math.ceil(blockSize / 4), blockSize].map((count) => {
    const name = `the ${count} largest of ${shape.join(' × ')} by ${blockSize}`;
    const graph = graphOf(name, (builder) => builder.keepLargest(builder.input('a', shape), count, blockSize));
    return { name, graph, inputs: { a }, terms: 0, floor: 0 };
  });
}

function rowCases(shape: Shape): Case[] {
  const [rows, columns] = shape;
  const a = sample(9, shape);
  const slices: [number, number][] = [
    [0, rows],
    [0, Math.ceil(rows / 2)],
    [rows - 1, rows],
  ];
  const below: Shape = [3, columns];
  const stacked: Shape = [3 * rows, columns];
  return [
    {
      name: `${stacked.join(' × ')} plus ${shape.join(' × ')} repeated`,
      graph: graphOf('addRepeated', (builder) =>
        builder.addRepeated(builder.input('b', stacked), builder.input('a', shape)),
      ),
      inputs: { a, b: sample(11, stacked) },
      terms: 0,
      floor: 0,
    },
    {
      name: `${stacked.join(' × ')} summed to ${rows} rows`,
      graph: graphOf('sumRepeats', (builder) => builder.sumRepeats(builder.input('b', stacked), rows)),
      inputs: { b: sample(12, stacked) },
      terms: 3,
      floor: 0,
    },
    {
      name: `identity of ${shape.join(' × ')}`,
      graph: graphOf('identity', (builder) => builder.add(builder.input('a', shape), builder.identity(shape))),
      inputs: { a },
      terms: 0,
      floor: 0,
    },
    ...slices.map(([start, end]) => {
      const name = `rows ${start} to ${end} of ${shape.join(' × ')}`;
      const graph = graphOf(name, (builder) => builder.sliceRows(builder.input('a', shape), start, end));
      return { name, graph, inputs: { a }, terms: 0, floor: 0 };
    }),
    {
      name: `the last columns of ${shape.join(' × ')}`,
      graph: graphOf('sliceColumns', (builder) =>
        builder.sliceColumns(builder.input('a', shape), Math.floor(columns / 2), columns),
      ),
      inputs: { a },
      terms: 0,
      floor: 0,
    },
    {
      name: `${shape.join(' × ')} on top of ${below.join(' × ')}`,
      graph: graphOf('concatRows', (builder) =>
        builder.concatRows(builder.input('a', shape), builder.input('b', below)),
      ),
      inputs: { a, b: sample(10, below) },
      terms: 0,
      floor: 0,
    },
  ];
}

/** Alternating x and y, in a unit box with y pointing down. A digit is about 1 high. */
export type Points = Float64Array;

/** One way to write a digit: pen strokes, each a polyline fine enough to be bent. */
export type Skeleton = readonly Points[];

type Stroke = { readonly smooth: boolean; readonly points: readonly (readonly [x: number, y: number])[] };

/** A stroke that curves through its points. */
function curve(...points: (readonly [number, number])[]): Stroke {
  return { smooth: true, points };
}

/** A stroke with a corner at every point. */
function line(...points: (readonly [number, number])[]): Stroke {
  return { smooth: false, points };
}

const STROKES: readonly (readonly (readonly Stroke[])[])[] = [
  [
    [
      curve(
        [0.5, 0],
        [0.24, 0.14],
        [0.15, 0.5],
        [0.24, 0.86],
        [0.5, 1],
        [0.76, 0.86],
        [0.85, 0.5],
        [0.76, 0.14],
        [0.5, 0],
      ),
    ],
    [
      curve(
        [0.62, 0.03],
        [0.4, 0.1],
        [0.26, 0.5],
        [0.34, 0.9],
        [0.52, 1],
        [0.68, 0.88],
        [0.75, 0.5],
        [0.68, 0.16],
        [0.5, 0.04],
      ),
    ],
    [
      curve(
        [0.6, 0.08],
        [0.32, 0.1],
        [0.12, 0.42],
        [0.16, 0.8],
        [0.44, 0.97],
        [0.76, 0.82],
        [0.88, 0.45],
        [0.72, 0.1],
        [0.42, 0.02],
      ),
    ],
  ],
  [
    [line([0.5, 0], [0.5, 1])],
    [line([0.3, 0.22], [0.52, 0], [0.52, 1])],
    [line([0.28, 0.24], [0.5, 0], [0.5, 1]), line([0.25, 1], [0.75, 1])],
    [line([0.62, 0], [0.4, 1])],
  ],
  [
    [
      curve([0.18, 0.24], [0.34, 0.03], [0.64, 0.02], [0.78, 0.24], [0.66, 0.5], [0.4, 0.76], [0.16, 1]),
      line([0.16, 1], [0.84, 1]),
    ],
    [
      curve(
        [0.2, 0.18],
        [0.46, 0],
        [0.74, 0.14],
        [0.72, 0.42],
        [0.5, 0.72],
        [0.22, 0.94],
        [0.14, 0.84],
        [0.3, 0.78],
        [0.56, 0.94],
        [0.86, 0.92],
      ),
    ],
    [curve([0.22, 0.1], [0.58, 0], [0.8, 0.2], [0.68, 0.48], [0.2, 0.98]), curve([0.2, 0.98], [0.5, 0.92], [0.84, 1])],
  ],
  [
    [
      curve([0.2, 0.12], [0.46, 0], [0.74, 0.12], [0.72, 0.36], [0.44, 0.48]),
      curve([0.44, 0.48], [0.76, 0.56], [0.8, 0.84], [0.5, 1], [0.18, 0.88]),
    ],
    [line([0.2, 0.02], [0.76, 0.02], [0.44, 0.4]), curve([0.44, 0.4], [0.76, 0.5], [0.8, 0.82], [0.5, 1], [0.18, 0.9])],
    [
      curve([0.26, 0.06], [0.62, 0], [0.74, 0.22], [0.46, 0.46], [0.36, 0.46]),
      curve([0.36, 0.46], [0.7, 0.46], [0.82, 0.76], [0.56, 0.98], [0.2, 0.94]),
    ],
  ],
  [
    [line([0.24, 0.02], [0.16, 0.56], [0.82, 0.56]), line([0.7, 0.06], [0.66, 1])],
    [line([0.62, 1], [0.62, 0], [0.12, 0.66], [0.88, 0.66])],
    [curve([0.2, 0], [0.18, 0.34], [0.3, 0.52], [0.56, 0.52], [0.76, 0.42]), line([0.78, 0], [0.74, 0.5], [0.66, 1])],
  ],
  [
    [
      line([0.78, 0.02], [0.28, 0.02], [0.22, 0.44]),
      curve([0.22, 0.44], [0.52, 0.36], [0.8, 0.56], [0.74, 0.88], [0.46, 1], [0.16, 0.9]),
    ],
    [
      curve([0.8, 0], [0.5, 0.06], [0.3, 0.06]),
      line([0.3, 0.06], [0.24, 0.4]),
      curve([0.24, 0.4], [0.58, 0.48], [0.76, 0.72], [0.56, 0.98], [0.2, 0.98]),
    ],
    [
      line([0.32, 0.06], [0.26, 0.5]),
      curve([0.26, 0.5], [0.6, 0.42], [0.78, 0.68], [0.6, 0.96], [0.2, 0.94]),
      line([0.32, 0.06], [0.82, 0.02]),
    ],
  ],
  [
    [
      curve(
        [0.7, 0.02],
        [0.42, 0.16],
        [0.22, 0.5],
        [0.22, 0.84],
        [0.48, 1],
        [0.76, 0.86],
        [0.74, 0.6],
        [0.5, 0.5],
        [0.26, 0.64],
      ),
    ],
    [
      curve(
        [0.5, 0],
        [0.3, 0.34],
        [0.22, 0.74],
        [0.4, 0.99],
        [0.68, 0.94],
        [0.76, 0.72],
        [0.6, 0.56],
        [0.38, 0.62],
        [0.26, 0.82],
      ),
    ],
    [
      curve(
        [0.8, 0.08],
        [0.5, 0.06],
        [0.24, 0.34],
        [0.18, 0.72],
        [0.38, 0.98],
        [0.7, 0.94],
        [0.82, 0.7],
        [0.62, 0.52],
        [0.34, 0.58],
        [0.2, 0.74],
      ),
    ],
  ],
  [
    [line([0.16, 0.04], [0.82, 0.04], [0.4, 1])],
    [line([0.16, 0.04], [0.82, 0.04], [0.42, 1]), line([0.3, 0.52], [0.78, 0.52])],
    [
      line([0.18, 0.2], [0.2, 0.04]),
      curve([0.2, 0.04], [0.5, 0.1], [0.82, 0.04]),
      curve([0.82, 0.04], [0.6, 0.4], [0.48, 0.7], [0.46, 1]),
    ],
  ],
  [
    [
      curve(
        [0.74, 0.14],
        [0.48, 0],
        [0.24, 0.14],
        [0.3, 0.38],
        [0.54, 0.5],
        [0.78, 0.7],
        [0.7, 0.94],
        [0.44, 1],
        [0.2, 0.86],
        [0.28, 0.62],
        [0.56, 0.44],
        [0.76, 0.26],
        [0.74, 0.14],
      ),
    ],
    [
      curve([0.5, 0.02], [0.28, 0.12], [0.3, 0.36], [0.5, 0.46], [0.7, 0.36], [0.72, 0.12], [0.5, 0.02]),
      curve([0.5, 0.46], [0.22, 0.58], [0.2, 0.86], [0.5, 1], [0.8, 0.86], [0.78, 0.58], [0.5, 0.46]),
    ],
    [
      curve(
        [0.62, 0.04],
        [0.36, 0.04],
        [0.24, 0.22],
        [0.42, 0.42],
        [0.66, 0.6],
        [0.7, 0.86],
        [0.46, 1],
        [0.26, 0.84],
        [0.36, 0.58],
        [0.66, 0.36],
        [0.78, 0.12],
        [0.62, 0.04],
      ),
    ],
  ],
  [
    [
      curve([0.74, 0.3], [0.56, 0.5], [0.3, 0.46], [0.22, 0.22], [0.42, 0.01], [0.66, 0.06], [0.76, 0.28]),
      line([0.76, 0.28], [0.72, 1]),
    ],
    [
      curve(
        [0.76, 0.24],
        [0.56, 0.48],
        [0.26, 0.42],
        [0.24, 0.14],
        [0.5, 0],
        [0.74, 0.14],
        [0.78, 0.42],
        [0.66, 0.8],
        [0.34, 1],
      ),
    ],
    [
      curve([0.7, 0.16], [0.44, 0.02], [0.22, 0.22], [0.34, 0.44], [0.6, 0.4], [0.72, 0.16]),
      curve([0.72, 0.16], [0.68, 0.5], [0.56, 0.78], [0.46, 1]),
    ],
  ],
];

/** Straight parts are cut to at most this length, so that an elastic deformation can bend them. */
const LONGEST_PART = 0.25;
/** Parts into which a curve is cut between two of its points. */
const PARTS_OF_CURVE = 3;

function along(stroke: Stroke): Points {
  const { points, smooth } = stroke;
  const [startX, startY] = points[0] as readonly [number, number];
  const flat = [startX, startY];
  for (let index = 0; index + 1 < points.length; index++) {
    const from = points[index] as readonly [number, number];
    const to = points[index + 1] as readonly [number, number];
    const before = points[index - 1] ?? from;
    const after = points[index + 2] ?? to;
    const [wide, high] = [to[0] - from[0], to[1] - from[1]];
    // Products and not powers: a power's last bit may differ between machines.
    const parts = smooth ? PARTS_OF_CURVE : Math.max(1, Math.ceil(Math.sqrt(wide * wide + high * high) / LONGEST_PART));
    for (let part = 1; part <= parts; part++) {
      const at = part / parts;
      for (const axis of [0, 1] as const) {
        flat.push(
          smooth
            ? catmullRom(before[axis], from[axis], to[axis], after[axis], at)
            : from[axis] + (to[axis] - from[axis]) * at,
        );
      }
    }
  }
  return Float64Array.from(flat);
}

/** The uniform Catmull–Rom spline from `b` to `c`, at 0 ≤ `at` ≤ 1. */
function catmullRom(a: number, b: number, c: number, d: number, at: number): number {
  return b + 0.5 * at * (c - a + at * (2 * a - 5 * b + 4 * c - d + at * (3 * (b - c) + d - a)));
}

/** The ways to write each digit 0 … 9. */
export const SKELETONS: readonly (readonly Skeleton[])[] = STROKES.map((variants) =>
  variants.map((strokes) => strokes.map(along)),
);

import { CheckpointError } from './errors.js';
import { assembleSafetensors, layOut, safetensorsMetadata } from './safetensors.js';
import type { TensorBytes } from './safetensors.js';
import { checkRange, unitsOf } from './state-part.js';
import type { UnitRange } from './state-part.js';

/** A part of a layer as it was stored. */
export interface LayerPart {
  readonly range: UnitRange;
  /** A safetensors file. */
  readonly bytes: Uint8Array;
  /** Named in errors. */
  readonly source: string;
}

/** The shapes of a part's matrices. */
export interface PartShapes {
  readonly range: UnitRange;
  readonly source: string;
  readonly matrices: readonly Pick<TensorBytes, 'name' | 'shape'>[];
}

/** How the units of a matrix lie in it. */
interface Form {
  /** Rows, in [units, width], or the columns of a single row, in [1, units]. */
  readonly units: 'rows' | 'columns';
  /** Numbers of a unit. */
  readonly width: number;
}

/**
 * Makes a part of other units out of those that have them. A unit's numbers lie together in each matrix, in which units are
 * rows ([units, inputs]) or the columns of a single row ([1, units]): what the shapes of all parts say. Parts of one unit each
 * that have one number in a matrix say neither, and it is taken for a single row. Every number is copied once; where a part
 * has exactly these units, its own bytes are returned.
 * @param parts of one layer, in the order of their units and without gaps; the metadata is that of the first
 * @param range all of whose units are in them
 * @returns a safetensors file
 * @throws CheckpointError when units are missing, or parts do not fit each other
 */
export function recut(parts: readonly LayerPart[], range: UnitRange): Uint8Array {
  const [first] = parts;
  if (first === undefined) throw new CheckpointError(`There is no part with ${unitsOf(range)}`);
  checkOrder(parts);
  checkRange(range, { from: first.range.from, to: parts.at(-1)?.range.to ?? first.range.to }, 'What is stored');
  const exact = parts.find((part) => part.range.from === range.from && part.range.to === range.to);
  if (exact !== undefined) return exact.bytes;
  const laidOut = parts.map((part) => ({ ...part, matrices: layOut(part.bytes, part.source) }));
  const units = range.to - range.from;
  const matrices = Array.from(formsOf(laidOut), ([name, form]) => ({
    name,
    shape: form.units === 'rows' ? [units, form.width] : [1, units],
    pieces: laidOut.map((part) => {
      const stride = form.width * Float32Array.BYTES_PER_ELEMENT;
      const begin = Math.max(range.from, part.range.from) - part.range.from;
      const end = Math.min(range.to, part.range.to) - part.range.from;
      return dataOf(part.matrices, name).subarray(begin * stride, Math.max(begin, end) * stride);
    }),
  }));
  return assembleSafetensors(matrices, safetensorsMetadata(first.bytes, first.source));
}

/** The shapes of a part's matrices, without their numbers. @throws CheckpointError for bytes that are no safetensors file */
export function shapesOf({ range, bytes, source }: LayerPart): PartShapes {
  return { range, source, matrices: layOut(bytes, source).map(({ name, shape }) => ({ name, shape })) };
}

/**
 * Makes sure that parts of one layer have the units that they should, and the same matrices.
 * @throws CheckpointError
 */
export function checkShapes(parts: readonly PartShapes[]): void {
  formsOf(parts);
}

function checkOrder(parts: readonly LayerPart[]): void {
  for (const [index, { range, source }] of parts.entries()) {
    const before = parts[index - 1];
    if (before === undefined || before.range.to === range.from) continue;
    throw new CheckpointError(
      `${source} begins with unit ${range.from}, but ${before.source} before it ends with unit ${before.range.to - 1}`,
    );
  }
}

/** How units lie in each matrix that the parts have, in the order of the first part. */
function formsOf(parts: readonly PartShapes[]): Map<string, Form> {
  const forms = new Map<string, Form>();
  const [first] = parts;
  if (first === undefined) return forms;
  for (const { name } of first.matrices) forms.set(name, formOf(name, first, parts));
  for (const { matrices, source } of parts) {
    const other = matrices.find(({ name }) => !forms.has(name));
    if (other !== undefined) throw new CheckpointError(`${source} has ${other.name}, which ${first.source} has not`);
  }
  return forms;
}

function formOf(name: string, first: PartShapes, parts: readonly PartShapes[]): Form {
  const forms = parts.reduce<readonly Form[] | undefined>((before, { range, source, matrices }) => {
    const shape = matrices.find((matrix) => matrix.name === name)?.shape;
    if (shape === undefined) throw new CheckpointError(`${source} has no ${name}, which ${first.source} has`);
    const found = `${source} has ${name} of ${shape.join(' × ')}`;
    const possible = possibleForms(shape, range.to - range.from);
    if (possible.length === 0) throw new CheckpointError(`${found}, which does not fit ${unitsOf(range)}`);
    const common = before?.filter(({ units, width }) =>
      possible.some((one) => one.units === units && one.width === width),
    );
    if (common?.length === 0) throw new CheckpointError(`${found}, which does not fit that of ${first.source}`);
    return common ?? possible;
  }, undefined);
  return forms?.[0] as Form;
}

/** The most likely first: a single number can be that of a single row, or of a layer with a single input. */
function possibleForms([rows, columns, ...more]: readonly number[], units: number): Form[] {
  if (rows === undefined || columns === undefined || more.length > 0) return [];
  const asColumns: Form[] = rows === 1 && columns === units ? [{ units: 'columns', width: 1 }] : [];
  return rows === units ? [...asColumns, { units: 'rows', width: columns }] : asColumns;
}

function dataOf(matrices: readonly TensorBytes[], name: string): Uint8Array {
  return (matrices.find((matrix) => matrix.name === name) as TensorBytes).data;
}

import type { LayerLook, WeightPictures } from '@layerline/api';
import { significant } from '../format.js';

/** Numbers of 32 bits from base64, little-endian. Bytes that do not fill a last one are left out. */
export function floatsOf(base64: string): Float32Array {
  const bytes = bytesOf(base64);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => view.getFloat32(4 * at, true));
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** A label as a bar: its share of the distance from the least goodness, or 0, to the greatest. */
export interface LabelBar {
  readonly label: number;
  readonly goodness: number;
  /** 0 … 1. */
  readonly share: number;
  readonly isTrue: boolean;
  readonly isWinner: boolean;
}

/** The goodness of an image under each label. Of several that tie, the first one wins, as in an evaluation. */
export function labelBars(goodness: readonly number[], truth: number): LabelBar[] {
  const least = Math.min(0, ...goodness);
  const span = Math.max(0, ...goodness) - least;
  const winner = goodness.indexOf(Math.max(...goodness));
  return goodness.map((value, label) => ({
    label,
    goodness: value,
    share: span === 0 ? 0 : (value - least) / span,
    isTrue: label === truth,
    isWinner: label === winner,
  }));
}

/** What a layer makes of an image, and how sure it is, in a sentence. Goodness under several labels may differ by little. */
export function verdictOf(
  { goodness }: Pick<LayerLook, 'goodness'>,
  truth: number,
  classes: readonly string[] = [],
): string {
  const nameOf = (label: number): string => classes[label] ?? `${label}`;
  const ranked = [...goodness.keys()].sort((a, b) => (goodness[b] ?? 0) - (goodness[a] ?? 0));
  const [winner = 0, next = winner] = ranked;
  const other = winner === truth ? next : truth;
  const ahead = significant((goodness[winner] ?? 0) - (goodness[other] ?? 0));
  return winner === truth
    ? `takes it for a ${nameOf(winner)}, rightly: ${ahead} more than as a ${nameOf(other)}`
    : `takes it for a ${nameOf(winner)}: ${ahead} more than as a ${nameOf(other)}, which it is`;
}

/** A grid for so many cells that is about `ratio` times as wide as it is high. */
export function gridFor(cells: number, ratio: number): { readonly columns: number; readonly rows: number } {
  const columns = Math.max(1, Math.min(cells, Math.ceil(Math.sqrt(cells * ratio))));
  return { columns, rows: Math.max(1, Math.ceil(cells / columns)) };
}

/** A colour as red, green and blue, 0 … 255 each. */
export type Rgb = readonly [number, number, number];

/** Between two colours. @param share 0 … 1 */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [0, 1, 2].map((part) => {
    const [a, b] = [from[part] as number, to[part] as number];
    return Math.round(a + (b - a) * share);
  }) as unknown as Rgb;
}

/** The colours of a diverging scale: of the least value, of 0, and of the greatest. */
export interface Diverging {
  readonly negative: Rgb;
  readonly zero: Rgb;
  readonly positive: Rgb;
}

/** @param level a byte that stands for a weight: 128 for 0, 1 and 255 for the largest absolute one */
export function divergingColour(level: number, { negative, zero, positive }: Diverging): Rgb {
  const share = Math.max(-1, Math.min(1, (level - 128) / 127));
  return mix(zero, share < 0 ? negative : positive, Math.abs(share));
}

/** The red, green and blue of a colour as style sheets of this page write it, `#rrggbb`; grey for any other. */
export function rgbOf(colour: string): Rgb {
  const [, ...parts] = /^#(..)(..)(..)$/.exec(colour) ?? [];
  const numbers = parts.map((part) => Number.parseInt(part, 16));
  return numbers.length === 3 && numbers.every(Number.isFinite) ? (numbers as unknown as Rgb) : [128, 128, 128];
}

/** The pixels of one unit's weights, opaque red, green, blue and opacity of each. @param unit from 0 */
export function weightPixels(
  { width, height }: Pick<WeightPictures, 'width' | 'height'>,
  levels: Uint8Array,
  unit: number,
  colours: Diverging,
): Uint8ClampedArray<ArrayBuffer> {
  const size = width * height;
  const rgba = new Uint8ClampedArray(4 * size).fill(255);
  for (let pixel = 0; pixel < size; pixel++) {
    rgba.set(divergingColour(levels[unit * size + pixel] ?? 128, colours), 4 * pixel);
  }
  return rgba;
}

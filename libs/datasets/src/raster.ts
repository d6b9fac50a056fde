import { PIXELS, SIDE } from './dataset.js';
import type { Points } from './skeletons.js';

/** Width of the grey seam around a stroke, in pixels: what a scanner's blur would leave. */
const SEAM = 1.2;

/** Draws strokes of an even width on one 28 × 28 image. Reusable: it keeps its own scratch memory. */
export class Raster {
  /** Squared distance of each pixel's centre to the nearest stroke, in pixels. */
  readonly #distances = new Float64Array(PIXELS);

  clear(): void {
    this.#distances.fill(Infinity);
  }

  /** Adds a polyline. @param points in pixels @param radius half the stroke's width, in pixels */
  stroke(points: Points, radius: number): void {
    const reach = radius + SEAM / 2;
    for (let at = 0; at + 3 < points.length; at += 2) {
      this.#segment(
        points[at] as number,
        points[at + 1] as number,
        points[at + 2] as number,
        points[at + 3] as number,
        reach,
      );
    }
  }

  /** Turns distances into coverage: 1 inside the stroke, 0 outside, a linear seam between. */
  cover(out: Float64Array, radius: number): void {
    const reach = radius + SEAM / 2;
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const squared = this.#distances[pixel] as number;
      out[pixel] = squared >= reach * reach ? 0 : Math.min(1, (reach - Math.sqrt(squared)) / SEAM);
    }
  }

  #segment(x0: number, y0: number, x1: number, y1: number, reach: number): void {
    const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
    const right = Math.min(SIDE - 1, Math.floor(Math.max(x0, x1) + reach));
    const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
    const bottom = Math.min(SIDE - 1, Math.floor(Math.max(y0, y1) + reach));
    const dx = x1 - x0;
    const dy = y1 - y0;
    const length = dx * dx + dy * dy;
    const inverse = length > 0 ? 1 / length : 0;
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const fromX = x - x0;
        const fromY = y - y0;
        const along = Math.min(1, Math.max(0, (fromX * dx + fromY * dy) * inverse));
        const offX = fromX - along * dx;
        const offY = fromY - along * dy;
        const squared = offX * offX + offY * offY;
        const pixel = y * SIDE + x;
        if (squared < (this.#distances[pixel] as number)) this.#distances[pixel] = squared;
      }
    }
  }
}

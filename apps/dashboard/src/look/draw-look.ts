import type { WeightPictures } from '@layerline/api';
import type { Sheet } from '../charts/canvas.js';
import { cssColour } from '../charts/theme.js';
import { gridFor, mix, rgbOf, weightPixels } from './look-numbers.js';

/** Pixels between the cells of a grid, where they are large enough for that. */
const GAP = 1;
const LEAST_CELL = 4;
/** Pixels between pictures. */
const PICTURE_GAP = 3;

/** Activations as a grid, unit by unit, row by row: the stronger, the more colour. @param tone a variable of the layer's colour */
export function drawActivations({ context, width, height }: Sheet, activations: Float32Array, tone: string): void {
  const { columns, rows } = gridFor(activations.length, width / height);
  const [wide, high] = [width / columns, height / rows];
  const gap = Math.min(wide, high) >= LEAST_CELL ? GAP : 0;
  const most = activations.reduce((greatest, value) => Math.max(greatest, value), 0);
  const [silent, active] = [rgbOf(cssColour('--sunken')), rgbOf(cssColour(tone))];
  for (const [unit, value] of activations.entries()) {
    // The square root lets weak activations be seen beside strong ones.
    const share = most === 0 ? 0 : Math.sqrt(Math.max(0, value) / most);
    context.fillStyle = `rgb(${mix(silent, active, share).join(' ')})`;
    context.fillRect((unit % columns) * wide, Math.floor(unit / columns) * high, wide - gap, high - gap);
  }
}

/** The weights of some units as small pictures: 0 in the colour of the ground, what excites and what inhibits in others. */
export function drawWeights({ context, width, height }: Sheet, weights: WeightPictures, levels: Uint8Array): void {
  const { columns, rows } = gridFor(weights.units, width / height);
  const side = Math.min(width / columns, height / rows);
  const [negative, zero, positive] = ['--negative', '--sunken', '--positive'].map((name) => rgbOf(cssColour(name)));
  if (negative === undefined || zero === undefined || positive === undefined) return;
  const picture = new OffscreenCanvas(weights.width, weights.height);
  const pixels = picture.getContext('2d');
  if (pixels === null) return;
  context.imageSmoothingEnabled = false;
  for (let unit = 0; unit < weights.units; unit++) {
    const rgba = weightPixels(weights, levels, unit, { negative, zero, positive });
    pixels.putImageData(new ImageData(rgba, weights.width, weights.height), 0, 0);
    const [x, y] = [(unit % columns) * side, Math.floor(unit / columns) * side];
    context.drawImage(picture, x, y, side - PICTURE_GAP, side - PICTURE_GAP);
  }
}

import { signal } from '@preact/signals';
import type { LineStyle } from './lines.js';

/** As many layers and runs as CSS gives colours. */
export const PALETTE_SIZE = 8;
/** Neighbours in the palette differ in their dashes too, for those who cannot tell their colours apart. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 3]];

/** Counts changes of theme: reading its value subscribes to them. Canvases then draw with other colours. */
export const themeChanges = signal(0);

const colours = new Map<string, string>();
const changed = (): void => {
  colours.clear();
  themeChanges.value++;
};
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
new MutationObserver(changed).observe(document.documentElement, { attributes: true });

/** The value of a CSS variable as it is now. @param variable such as `--layer-1` */
export function cssColour(variable: string): string {
  const known = colours.get(variable);
  if (known !== undefined) return known;
  const colour = getComputedStyle(document.documentElement).getPropertyValue(variable).trim() || 'gray';
  colours.set(variable, colour);
  return colour;
}

/** @param index from 0 */
export function layerStyle(index: number): LineStyle {
  return paletteStyle(index, 1.5);
}

/** The style of a run among others, by its slot in the palette. */
export function paletteStyle(slot: number, width = 1.75): LineStyle {
  const dash = DASHES[slot % DASHES.length] ?? [];
  return { colour: `--layer-${(slot % PALETTE_SIZE) + 1}`, dash, width };
}

/** Of what concerns the whole run. */
export const RUN_STYLE: LineStyle = { colour: '--ink', dash: [], width: 2.25 };

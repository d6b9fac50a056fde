/** Colours of layers; with more layers than that they begin again. */
const TONES = 8;

/** The class that sets `--tone` to a layer's colour. @param layer from 0 */
export function toneOf(layer: number): string {
  return `tone-${(layer % TONES) + 1}`;
}

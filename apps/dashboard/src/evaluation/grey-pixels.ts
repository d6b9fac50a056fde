/** A picture as it travels: base64 of a grey value (0 … 255) for each pixel, row by row. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
}

const CHANNELS = 4;
const OPAQUE = 255;

/**
 * A picture's pixels as a canvas takes them: red, green, blue and opacity of each.
 * @returns `width` × `height` × 4 bytes; pixels that are missing are black
 */
export function rgbaOf({ width, height, pixels }: GreyPicture): Uint8ClampedArray<ArrayBuffer> {
  const grey = atob(pixels);
  const rgba = new Uint8ClampedArray(width * height * CHANNELS);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const value = pixel < grey.length ? grey.charCodeAt(pixel) : 0;
    rgba.fill(value, pixel * CHANNELS, pixel * CHANNELS + CHANNELS - 1);
    rgba[pixel * CHANNELS + CHANNELS - 1] = OPAQUE;
  }
  return rgba;
}

import { decode as decodePng, convertIndexedToRgb } from 'fast-png';
import jpeg from 'jpeg-js';
import { readContent } from '../content.js';
import { DataFormatError } from '../errors.js';

/** A picture in memory. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** height × width × channels bytes. */
  readonly data: Uint8Array;
}

/** Whether a file's name is that of a picture that can be read. */
export function isPicture(name: string): boolean {
  return /\.(?:png|jpe?g)$/i.test(name);
}

/**
 * Reads a PNG or JPEG. One whose colours are all greys is a grey picture; transparency is left out.
 * @throws DataFormatError where it is neither, or broken
 */
export async function decodePicture(file: string): Promise<Picture> {
  const bytes = await readContent(file);
  try {
    const isPng = bytes[0] === 0x89 && bytes[1] === 0x50;
    return isPng ? fromPng(bytes) : fromJpeg(bytes);
  } catch (error) {
    throw new DataFormatError(file, undefined, `is no readable picture (${(error as Error).message})`);
  }
}

function fromPng(bytes: Uint8Array): Picture {
  const png = decodePng(bytes);
  const { width, height, depth } = png;
  if (png.palette !== undefined) {
    const data = convertIndexedToRgb(png);
    return pictureOf(width, height, Uint8Array.from(data), data.length / (width * height), 1);
  }
  const scale = depth === 16 ? 257 : 255 / (2 ** depth - 1);
  const values = depth === 16 ? Uint8Array.from(png.data, (value) => Math.round(value / scale)) : png.data;
  return pictureOf(width, height, Uint8Array.from(values), png.channels, depth < 8 ? scale : 1);
}

function fromJpeg(bytes: Uint8Array): Picture {
  const { width, height, data } = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false });
  return pictureOf(width, height, data, 3, 1);
}

/** @param channels of `data`: grey, grey and opacity, colours, colours and opacity @param scale what brings values to 0 … 255 */
function pictureOf(width: number, height: number, data: Uint8Array, channels: number, scale: number): Picture {
  const count = width * height;
  const at = (pixel: number, channel: number): number => (data[pixel * channels + channel] as number) * scale;
  let isGrey = true;
  if (channels >= 3) {
    for (let pixel = 0; pixel < count && isGrey; pixel++) {
      isGrey = at(pixel, 0) === at(pixel, 1) && at(pixel, 1) === at(pixel, 2);
    }
  }
  const kept = isGrey ? 1 : 3;
  const pixels = new Uint8Array(count * kept);
  for (let pixel = 0; pixel < count; pixel++) {
    for (let channel = 0; channel < kept; channel++) pixels[pixel * kept + channel] = at(pixel, channel);
  }
  return { width, height, channels: kept, data: pixels };
}

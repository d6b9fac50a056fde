import { closeSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';

const NEWLINE = 0x0a;
/** What is read from a file at once, in bytes. */
export const PIECE_BYTES = 2 ** 20;

const readPiece = promisify(read);

/** A line of a file. */
export interface FileLine {
  /** Without its newline. They stay as they are only until the next line is asked for. */
  readonly bytes: Buffer;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** Whether a newline ends it: the last line of a file need not be whole. */
  readonly whole: boolean;
}

/** Which part of a file is read. */
export interface Stretch {
  /** Where the first line begins, in bytes. */
  readonly from?: number;
  /** Where reading ends, in bytes, if not at the end of the file. */
  readonly to?: number;
  /** Bytes that are read at once. */
  readonly pieceBytes?: number;
}

/**
 * The lines of an open file, read piece by piece: a long run's metrics exceed the longest string, and the event loop is not
 * to be held up while they are read.
 * @param file its descriptor
 * @throws the file system's error
 */
export async function* fileLines(
  file: number,
  { from = 0, to = Infinity, pieceBytes = PIECE_BYTES }: Stretch = {},
): AsyncGenerator<FileLine, undefined> {
  const buffer = Buffer.alloc(pieceBytes);
  /** Of a line that began in earlier pieces. */
  let begun: Buffer[] = [];
  let offset = from;
  for (let at = from; ;) {
    const { bytesRead } = await readPiece(file, buffer, 0, Math.min(pieceBytes, Math.max(0, to - at)), at);
    if (bytesRead === 0) break;
    at += bytesRead;
    const piece = buffer.subarray(0, bytesRead);
    let begin = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, begin)) {
      const last = piece.subarray(begin, end);
      const bytes = begun.length === 0 ? last : Buffer.concat([...begun, last]);
      begun = [];
      yield { bytes, offset, whole: true };
      offset += bytes.length + 1;
      begin = end + 1;
    }
    if (begin < bytesRead) begun.push(Buffer.from(piece.subarray(begin)));
  }
  if (begun.length > 0) yield { bytes: Buffer.concat(begun), offset, whole: false };
}

/**
 * The JSON objects of a file, one a line, and where each begins, in bytes. Lines that are damaged are passed over.
 * @throws the file system's error
 */
export async function* jsonObjects(path: string): AsyncGenerator<{ readonly object: object; readonly offset: number }> {
  const file = openSync(path, 'r');
  try {
    for await (const { bytes, offset } of fileLines(file)) {
      const object = jsonObject(bytes);
      if (object !== undefined) yield { object, offset };
    }
  } finally {
    closeSync(file);
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The JSON object that a line is; undefined if it is none. */
export function jsonObject(line: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(line));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

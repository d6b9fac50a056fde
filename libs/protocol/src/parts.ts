/** Bytes that lie in several pieces of memory, read as one. */
export class Parts {
  /** In bytes. */
  readonly length: number;

  constructor(readonly parts: readonly Uint8Array[]) {
    this.length = byteLength(parts);
  }

  /** Bytes `start` to `end` (excluded), both within the length: a view where they lie in one piece, else a copy. */
  read(start: number, end: number): Uint8Array {
    const touched: Uint8Array[] = [];
    let offset = 0;
    for (const part of this.parts) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, part.length);
      if (from < to) touched.push(part.subarray(from, to));
      offset += part.length;
    }
    return touched.length === 1 ? (touched[0] as Uint8Array) : join(touched);
  }
}

/** The length of all parts together, in bytes. */
export function byteLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((total, part) => total + part.length, 0);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(byteLength(parts));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** The same bytes in fewer parts: neighbours that are shorter than `threshold` bytes are joined. */
export function joinShort(parts: readonly Uint8Array[], threshold: number): Uint8Array[] {
  const joined: Uint8Array[] = [];
  let short: Uint8Array[] = [];
  const flush = (): void => {
    if (short.length > 0) joined.push(join(short));
    short = [];
  };
  for (const part of parts) {
    if (part.length < threshold) {
      short.push(part);
    } else {
      flush();
      joined.push(part);
    }
  }
  flush();
  return joined;
}

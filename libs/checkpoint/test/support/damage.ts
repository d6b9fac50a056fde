import { readFileSync, writeFileSync } from 'node:fs';

/** Writes a file with one bit changed, once for each of its bytes, and then as it was. */
export async function forEachFlip(path: string, act: (what: string) => Promise<void>): Promise<void> {
  const bytes = readFileSync(path);
  for (const [at, byte] of bytes.entries()) {
    const changed = byte ^ (1 << (at % 8));
    writeFileSync(path, bytes.with(at, changed));
    await act(`byte ${at} of ${path} is ${changed}, not ${byte}`);
  }
  writeFileSync(path, bytes);
}

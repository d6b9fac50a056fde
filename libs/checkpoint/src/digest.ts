import { createHash } from 'node:crypto';
import * as z from 'zod';

/** A SHA-256 in hexadecimal. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** SHA-256 in hexadecimal. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Adds a digest over all of its fields to a JSON object, by which {@link isSealed} finds any of them changed. */
export function seal<T extends object>(content: T): T & { readonly sha256: string } {
  return { ...content, sha256: sha256Of(JSON.stringify(content)) };
}

/** Whether a sealed object is as it was. Its fields must come in the order in which they were sealed. */
export function isSealed({ sha256, ...content }: { readonly sha256: unknown }): boolean {
  return sha256Of(JSON.stringify(content)) === sha256;
}

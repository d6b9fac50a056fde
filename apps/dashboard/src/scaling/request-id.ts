const BYTES = 16;

/** Says of two requests that they are the same one. Not `randomUUID`, which browsers have on secure pages only. */
export function newRequestId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(BYTES)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}

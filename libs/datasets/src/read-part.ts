/** What a file says of one part. */
export interface ReadPart {
  readonly path: string;
  /** Pixels or labels. */
  readonly elements: Uint8Array;
  readonly sha256: string;
}

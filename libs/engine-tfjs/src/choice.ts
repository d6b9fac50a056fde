/** The backends of tfjs, fastest first. */
export const TFJS_BACKENDS = ['tensorflow', 'wasm', 'cpu'] as const;

/** libtensorflow through tfjs-node, WebAssembly, or plain JavaScript. */
export type TfjsBackend = (typeof TFJS_BACKENDS)[number];

/** What the engine's thread is told beside the engine's options. */
export interface TfjsChoice {
  /** Left out, the fastest backend that works. */
  readonly backend: TfjsBackend | undefined;
  /** How many threads TensorFlow has already got in this process, where it was loaded before. */
  readonly tensorflowThreads: number | undefined;
}

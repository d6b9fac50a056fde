/** The backends of tfjs, fastest first. */
export const TFJS_BACKENDS = ['tensorflow', 'wasm', 'cpu'] as const;

/** libtensorflow through tfjs-node, WebAssembly, or plain JavaScript. */
export type TfjsBackend = (typeof TFJS_BACKENDS)[number];

/** What the engine's thread is told besides the engine's options. */
export interface TfjsChoice {
  /** Defaults to the fastest backend that works. */
  readonly backend: TfjsBackend | undefined;
  /** How many threads TensorFlow already has in this process, if it was loaded before. */
  readonly tensorflowThreads: number | undefined;
}

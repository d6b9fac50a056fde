/** All ways to compute, the fastest first: as `npm run bench -- --only engines` finds them on layers of 1000 units. */
export const BACKENDS = ['onnx/c-api', 'tfjs/tensorflow', 'onnx/node', 'tfjs/wasm', 'tfjs/cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

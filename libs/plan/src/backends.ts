/** All backends, fastest first, as measured by `npm run bench -- --only engines` on layers of 1000 units. */
export const BACKENDS = ['onnx/c-api', 'tfjs/tensorflow', 'onnx/node', 'tfjs/wasm', 'tfjs/cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

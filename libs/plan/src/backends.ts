/** All backends, fastest first, as measured by `npm run bench -- --only engines` on layers of 1000 units. */
export const BACKENDS = ['onnx/c-api', 'tfjs/tensorflow', 'onnx/node', 'tfjs/wasm', 'tfjs/cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** Those that an engine's name stands for, fastest first. @param wanted `auto` stands for all */
export function backendsOf(wanted: 'auto' | 'onnx' | 'tfjs'): BackendName[] {
  return BACKENDS.filter((backend) => wanted === 'auto' || backend.startsWith(`${wanted}/`));
}

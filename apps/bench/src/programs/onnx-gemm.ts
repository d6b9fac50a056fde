/**
 * The fastest product of two n × n matrices in single precision through Layerline's own engine.
 *
 * `node onnx-gemm.js '{"threads": 2, "sizes": [1024, 2048], "seconds": 1}'` prints one line of JSON.
 */
import { openOnnxEngine } from '@layerline/engine-onnx';
import { GraphBuilder } from '@layerline/ops';
import type { GemmOptions } from '../limit.js';

const { threads, sizes, seconds } = JSON.parse(process.argv[2] ?? '') as GemmOptions;
const engine = await openOnnxEngine({ threads, spinning: true });
let best = { size: 0, gflops: 0 };
for (const size of sizes) {
  const graph = new GraphBuilder('gemm');
  graph.output('c', graph.gemm(graph.input('a', [size, size]), graph.input('b', [size, size])));
  const compiled = await engine.compile(graph.build());
  const numbers = (): Float32Array => Float32Array.from({ length: size * size }, () => Math.random());
  const inputs = { a: engine.tensor([size, size], numbers()), b: engine.tensor([size, size], numbers()) };
  const outputs = { c: engine.tensor([size, size]) };
  await compiled.run(inputs, outputs);
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end || times.length < 3) {
    const start = performance.now();
    await compiled.run(inputs, outputs);
    times.push(performance.now() - start);
  }
  const gflops = (2 * size ** 3) / Math.min(...times) / 1e6;
  if (gflops > best.gflops) best = { size, gflops };
}
await engine.close();
process.stdout.write(`${JSON.stringify({ version: engine.identity.version, threads, ...best })}\n`);

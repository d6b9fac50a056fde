import { arch } from 'node:os';
import t from 'tap';
import { cpuKernels } from '../src/index.js';

await t.test('instruction sets come from the first processor, in a fixed order', (t) => {
  const x64 = 'processor\t: 0\nflags\t\t: fpu sse4_1 fma avx512f avx2 avx rdseed\n\nflags\t\t: amx_tile\n';
  t.equal(cpuKernels(x64), `${arch()} avx avx2 avx512f fma sse4_1`);
  const arm64 = 'processor\t: 0\nFeatures\t: fp asimd crc32 sve asimddp\n';
  t.equal(cpuKernels(arm64), `${arch()} asimd asimddp sve`);
  t.end();
});

await t.test('elsewhere it is the architecture alone', (t) => {
  t.equal(cpuKernels(''), arch());
  t.end();
});

await t.test('this machine has an answer', (t) => {
  t.ok(cpuKernels().startsWith(arch()));
  t.equal(cpuKernels(), cpuKernels());
  t.end();
});

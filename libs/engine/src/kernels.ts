import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';

/** The instruction sets by which libraries of linear algebra pick kernels, as Linux calls them. */
const CHOOSING = [
  'avx',
  'avx2',
  'avx512_bf16',
  'avx512_fp16',
  'avx512_vnni',
  'avx512bw',
  'avx512dq',
  'avx512f',
  'avx512vl',
  'avx_vnni',
  'amx_bf16',
  'amx_int8',
  'amx_tile',
  'fma',
  'sse4_1',
  'asimd',
  'asimddp',
  'asimdhp',
  'bf16',
  'i8mm',
  'sve',
  'sve2',
  'vfpv4',
];

/**
 * The architecture and the instruction sets that a library may choose its kernels by, e.g. `x64 avx avx2 avx512f fma`.
 * Only Linux tells the instruction sets; elsewhere it is the architecture alone.
 * @param cpuInfo text in the form of /proc/cpuinfo, which is read where none is given
 */
export function cpuKernels(cpuInfo: string = readCpuInfo()): string {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuInfo)?.[1] ?? '';
  const flags = new Set(line.trim().split(/\s+/));
  return [arch(), ...CHOOSING.filter((flag) => flags.has(flag))].join(' ');
}

function readCpuInfo(): string {
  if (platform() !== 'linux') return '';
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';

/** The instruction sets by which linear algebra libraries choose kernels, under their Linux names. */
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
 * Only Linux reports the instruction sets; elsewhere this is the architecture alone.
 * @param cpuInfo text in the format of /proc/cpuinfo, which is read by default
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

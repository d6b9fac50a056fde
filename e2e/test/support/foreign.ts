import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TrainResult } from './layerline.js';

const RESERVOIR = fileURLToPath(new URL('../../../foreign/reservoir.py', import.meta.url));
export const PROGRAM = ['--program', `reservoir=python3 ${RESERVOIR}`] as const;
/** Three layers, of which the second is not Layerline's. */
export const TRAIN = [
  'train',
  '--dataset',
  'digits',
  '--layers',
  '64,32,48',
  '--programs',
  'layer-2=reservoir',
] as const;
export const SHORT = [
  '--epochs',
  '1',
  '--batch',
  '250',
  '--threads',
  '1',
  '--snapshot-every',
  '10',
  '--quiet',
  '--out',
  'runs',
] as const;

const hasPython = spawnSync('python3', ['--version']).status === 0;
const isCI = process.env['CI'] === 'true';
export const skip = !hasPython && !isCI && 'there is no python3 here';

/** Errors by layer, with null for the foreign one. */
export type Result = Omit<TrainResult, 'perLayerError'> & {
  readonly perLayerError: readonly (number | null)[];
};

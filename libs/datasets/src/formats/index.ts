import { cifar } from './cifar.js';
import { classFolders } from './class-folders.js';
import { csv } from './csv.js';
import type { Format } from './format.js';
import { idxFiles } from './idx-files.js';
import { numpy } from './npy.js';

/** Every format, in the order in which a path is held against them. */
export const FORMATS: readonly Format[] = [idxFiles, cifar, numpy, csv, classFolders];

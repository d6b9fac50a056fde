import { parseNetwork } from '../src/network.js';
import { recipeOf } from '../src/work.js';
import type { Work } from '../src/work.js';

/** A work for tests; nothing reads its data. */
export const WORK: Work = {
  network: parseNetwork('784-500-500'),
  recipe: recipeOf('sgd', 'silu'),
  batch: 100,
  images: 60000,
  data: { reference: { name: 'mnist', directory: '/nowhere' }, folder: '/nowhere' },
};

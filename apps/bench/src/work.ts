import type { DatasetReference } from '@layerline/datasets';
import { applyPreset } from '@layerline/plan';
import type { RunConfig } from '@layerline/plan';
import type { Network } from './network.js';

export type OptimizerName = RunConfig['optimizer'];
/** The objectives that every side has. */
export const OBJECTIVES = ['silu', 'threshold'] as const;
export type ObjectiveName = (typeof OBJECTIVES)[number];

/** The numbers of a recipe, the same for every side. Goodness is the mean of squared activations. */
export interface Recipe {
  readonly optimizer: OptimizerName;
  readonly objective: ObjectiveName;
  readonly alpha: number;
  readonly threshold: number;
  readonly rate: number;
  readonly momentum: number;
}

/** What every side of a comparison has to do. */
export interface Work {
  readonly network: Network;
  readonly recipe: Recipe;
  /** Pairs of a positive and a negative row. */
  readonly batch: number;
  /** Training images. */
  readonly images: number;
  readonly data: WorkData;
}

export interface WorkData {
  readonly reference: DatasetReference;
  /** Holds the data set's four IDX files, for programs that read them on their own. */
  readonly folder: string;
}

export function recipeOf(optimizer: OptimizerName, objective: ObjectiveName): Recipe {
  const { alpha = 1, threshold = 1, learningRate, momentum } = applyPreset('mlp-3x1000', { optimizer, objective });
  return { optimizer, objective, alpha, threshold, rate: learningRate, momentum };
}

/**
 * The recipe of the paper (Hinton, arXiv 2212.13345) as its published programs have it (loeweX/Forward-Forward): threshold
 * logistic on sums of squares against the width, SGD with momentum. Goodness is a mean here, and α as many times as large
 * gives the same loss.
 * @param width units of every layer
 */
export function publishedRecipe(width: number): Recipe {
  const given = { optimizer: 'sgd', objective: 'threshold' } as const;
  const { alpha = 1, threshold = 1, learningRate, momentum } = applyPreset('mlp-3x1000', { ...given, goodness: 'sum' });
  return { ...given, alpha: alpha * width, threshold, rate: learningRate, momentum };
}

import { DATASET_NAMES } from '@layerline/datasets';
import type { DatasetName } from '@layerline/datasets';

/** Whether it is the name of a data set and not a path. */
export function isKnownDataset(dataset: string): dataset is 'auto' | DatasetName {
  return dataset === 'auto' || DATASET_NAMES.some((name) => name === dataset);
}

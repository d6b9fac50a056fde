import { LAYER_MEASURES, LAYER_TEST_ERROR, TEST_ERROR } from '@layerline/api/measures';
import type { Unit } from './format.js';

/** A chart that there may be. */
export interface ChartKind {
  /** Of the measure. */
  readonly name: string;
  readonly title: string;
  readonly help: string;
  readonly unit: Unit;
}

/** Charts that belong together. */
export interface ChartGroup {
  readonly title: string;
  readonly charts: readonly ChartKind[];
}

/** Which measures belong together. Those that are not here, because they are new, make a group of their own. */
const TITLES: Readonly<Record<string, readonly string[]>> = {
  Goodness: ['positive-goodness', 'negative-goodness', 'positive-deviation', 'negative-deviation'],
  Separation: ['separation', 'pairwise-error'],
  Loss: ['loss'],
  Units: ['silent-units'],
  Weights: ['weight-norm', 'update-norm', 'learning-rate'],
};

/** Test error first, of the run and of its layers; then all that layers measure. */
export const CHART_GROUPS: readonly ChartGroup[] = [
  {
    title: 'Error',
    charts: [{ ...kindOf(TEST_ERROR), help: `${TEST_ERROR.help}. By layer: ${LAYER_TEST_ERROR.help}` }],
  },
  ...Object.entries(TITLES).map(([title, names]) => ({
    title,
    charts: LAYER_MEASURES.filter(({ name }) => names.includes(name)).map(kindOf),
  })),
  {
    title: 'More',
    charts: LAYER_MEASURES.filter(({ name }) => !Object.values(TITLES).flat().includes(name)).map(kindOf),
  },
];

function kindOf({
  name,
  help,
  unit,
}: {
  readonly name: string;
  readonly help: string;
  readonly unit: Unit;
}): ChartKind {
  const title = name.replaceAll('-', ' ');
  return { name, help, unit, title: title.charAt(0).toUpperCase() + title.slice(1) };
}

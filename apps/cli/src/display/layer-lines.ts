import type { LayerGoodness, StageRates } from '@layerline/api';
import pc from 'picocolors';
import { firstFitting } from './fitting.js';
import { percent, whole } from './format.js';
import type { Room } from './live-lines.js';

/** What is known of a layer while it learns. */
export interface LayerView {
  readonly name: string;
  readonly goodness: LayerGoodness | undefined;
  /** Said while there is no goodness. */
  readonly instead: string;
  /** Of the layer, or of the busiest of its shards, which holds up the others. */
  readonly rates: StageRates | undefined;
}

interface Form {
  readonly learned: (goodness: LayerGoodness) => string;
  readonly activity: (rates: StageRates) => string;
}

/**
 * What lines say in ever narrower windows. Rates go first, but for how busy a layer is, then the words for goodness, then goodness
 * itself, as what is separated says best how well a layer learns. All lines have the same form, so that columns line up.
 */
const FORMS: readonly Form[] = [
  { learned: inWords, activity: (rates) => `${whole(rates.rowsPerSecond)} rows/s, ${busy(rates)}, ${waiting(rates)}` },
  { learned: inWords, activity: (rates) => `${busy(rates)}, ${waiting(rates)}` },
  { learned: inWords, activity: busy },
  { learned: inFigures, activity: busy },
  { learned: separated, activity: busy },
  { learned: separated, activity: () => '' },
];

/** A line per layer; where there are too many, those that separate worst, in their order, and how many more there are. */
export function layerLines(layers: readonly LayerView[], { columns, rows }: Room): readonly string[] {
  if (rows === 0) return [];
  const shown = layers.length <= rows ? layers : worstOf(layers, rows - 1);
  const lines = firstFitting(
    FORMS.map((form) => shown.map((layer) => lineOf(layer, form))),
    columns,
  );
  const rest = layers.filter((layer) => !shown.includes(layer));
  return rest.length === 0 ? lines : [...lines, ...firstFitting(restForms(rest), columns)];
}

/** Layers that have no goodness yet count as well separated. */
function worstOf(layers: readonly LayerView[], most: number): readonly LayerView[] {
  const worst = new Set(layers.toSorted((a, b) => separationOf(a) - separationOf(b)).slice(0, most));
  return layers.filter((layer) => worst.has(layer));
}

function separationOf({ goodness }: LayerView): number {
  return goodness?.separation ?? Infinity;
}

function restForms(rest: readonly LayerView[]): string[][] {
  const more = `  … and ${rest.length} more`;
  const least = Math.min(...rest.map(separationOf));
  if (rest.some(({ goodness }) => goodness === undefined)) return [[more]];
  return [
    [`${more}, each at least ${percent(least, 1)} separated`],
    [`${more}, at least ${percent(least, 1)}`],
    [more],
  ];
}

function lineOf({ name, goodness, instead, rates }: LayerView, { learned, activity }: Form): string {
  const active = rates === undefined ? '' : activity(rates);
  const what = goodness === undefined ? instead : learned(goodness);
  return `  ${name.padEnd(8)} ${what}${active === '' ? '' : pc.dim(`  ${active}`)}`;
}

function inWords(goodness: LayerGoodness): string {
  const [positive, negative] = figuresOf(goodness);
  return `goodness ${positive} positive, ${negative} negative, ${separated(goodness)}`;
}

function inFigures(goodness: LayerGoodness): string {
  return `${figuresOf(goodness).join(' / ')}, ${separated(goodness)}`;
}

function figuresOf({ positive, negative }: LayerGoodness): [string, string] {
  return [pc.green(positive.toFixed(3)), pc.red(negative.toFixed(3))];
}

function separated({ separation }: LayerGoodness): string {
  return `${percent(separation, 1)} separated`;
}

function busy({ busy: share }: StageRates): string {
  return `busy ${percent(share, 0)}`;
}

/** What a stage mostly waits for. */
function waiting({ waitingForInput, waitingForCredit }: StageRates): string {
  return waitingForInput >= waitingForCredit
    ? `waiting for input ${percent(waitingForInput, 0)}`
    : `waiting for credit ${percent(waitingForCredit, 0)}`;
}

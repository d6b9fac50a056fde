import { isDeepStrictEqual } from 'node:util';
import { TEST_ERROR, VALIDATION_ERROR } from '@layerline/api';
import type { TrainResult } from '@layerline/api';
import type { RunArchive } from '@layerline/coordinator';
import { ConfigError, layerName } from '@layerline/plan';
import type { Line } from '@layerline/plots';
import { duration, percent, settingValue, whole } from '../display/format.js';
import { printLine } from '../display/print-line.js';
import { table } from '../display/table.js';
import { writeFile } from '../export/write-file.js';
import { openArchive } from '../run-lookup.js';

export interface CompareArguments {
  readonly runs: readonly string[];
  /** Folder of the runs. */
  readonly out: string;
  /** File that gets the errors by epoch as a plot; undefined for none. */
  readonly svg: string | undefined;
  readonly json: boolean;
}

/** An evaluation of a run. */
interface Evaluated {
  readonly step: number;
  /** Not whole where it was in the middle of one. */
  readonly epoch: number;
  readonly trainSeconds: number;
  readonly testError: number;
  /** Left out where no rows are held out. */
  readonly validationError?: number;
}

/** What a run was set up as, and what came of it. */
interface Compared {
  readonly run: string;
  readonly state: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly result: Partial<TrainResult>;
  readonly evaluations: readonly Evaluated[];
}

const MOST_LINES = 20;
/** Settings in the name of a line. */
const MOST_NAMED = 2;
const PER_CENT = 100;
/** They say nothing of what a run learns. */
const PLACES = ['out', 'snapshotDir', 'group'];

/** `layerline compare RUN RUN…`: what sets runs apart. @returns the exit code @throws CheckpointError */
export async function compare({ runs, out, svg, json }: CompareArguments): Promise<number> {
  const found: Compared[] = [];
  for (const run of runs) {
    const archive = await openArchive(run, out);
    found.push(comparedOf(archive));
    archive.close();
  }
  const differing = differingKeys(found);
  if (svg !== undefined) await writeFile(svg, [await plotOf(found, differing)]);
  if (json) process.stdout.write(`${JSON.stringify({ differing, runs: found })}\n`);
  else show(found, differing);
  return 0;
}

function comparedOf({ summary, config, plan, index }: RunArchive): Compared {
  const errors = index.points(TEST_ERROR.name);
  const held = index.points(VALIDATION_ERROR.name);
  const heldAt = new Map(Array.from(held.step, (step, place) => [step, held.value[place] as number]));
  const evaluations = Array.from(errors.step, (step, place): Evaluated => ({
    step,
    epoch: step / plan.batchesPerEpoch,
    trainSeconds: errors.trainSeconds[place] as number,
    testError: errors.value[place] as number,
    ...(heldAt.has(step) && { validationError: heldAt.get(step) as number }),
  }));
  return { run: summary.id, state: summary.state, config: { ...config }, result: summary.result ?? {}, evaluations };
}

/** The keys of the config that not all runs have the same, in the order of the config. */
function differingKeys(runs: readonly Compared[]): string[] {
  const keys = new Set(runs.flatMap(({ config }) => Object.keys(config)));
  const [first] = runs;
  return [...keys].filter(
    (key) => !PLACES.includes(key) && runs.some(({ config }) => !isDeepStrictEqual(config[key], first?.config[key])),
  );
}

function show(runs: readonly Compared[], differing: readonly string[]): void {
  const line = (name: string, of: (run: Compared) => string): string[] => [name, ...runs.map(of)];
  const error = (of: (result: Partial<TrainResult>) => number | null | undefined) => (run: Compared) => {
    const value = of(run.result);
    return value === undefined || value === null ? '' : percent(value);
  };
  const layers = Math.max(0, ...runs.map(({ result }) => result.perLayerError?.length ?? 0));
  const rows = [
    line('state', ({ state }) => state),
    ...differing.map((key) => line(key, ({ config }) => settingValue(config[key]))),
    line(
      'test error',
      error(({ testError }) => testError),
    ),
    line(
      'validation error',
      error(({ validationError }) => validationError),
    ),
    ...Array.from({ length: layers }, (_, layer) =>
      line(
        `${layerName(layer)} alone`,
        error(({ perLayerError }) => perLayerError?.[layer]),
      ),
    ),
    line('training took', ({ result: { trainSeconds } }) => (trainSeconds === undefined ? '' : duration(trainSeconds))),
    line('images/s', ({ result: { imagesPerSecond } }) => (imagesPerSecond ? whole(imagesPerSecond) : '')),
    line('weights', ({ result: { weightsSha256 } }) => weightsSha256?.slice(0, 12) ?? ''),
  ];
  const heading = ['', ...runs.map(({ run }) => run)];
  process.stdout.write(
    table(
      heading,
      rows.filter((cells) => cells.slice(1).some((cell) => cell !== '')),
    ),
  );
  if (runs.length > 1 && differing.length === 0) printLine('All were set up in the same way');
  const curves = curvesOf(runs);
  if (curves.length > 0) process.stdout.write(`\n${table(['epoch', ...runs.map(({ run }) => run)], curves)}`);
}

/** The test error of each run at each moment at which any was evaluated; evenly spread where there are many. */
function curvesOf(runs: readonly Compared[]): string[][] {
  const epochs = [...new Set(runs.flatMap(({ evaluations }) => evaluations.map(({ epoch }) => epoch)))];
  epochs.sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(epochs.length / MOST_LINES));
  const last = epochs.length - 1;
  return epochs
    .filter((_, place) => (last - place) % every === 0)
    .map((epoch) => [
      Number(epoch.toFixed(2)).toString(),
      ...runs.map(({ evaluations }) => {
        const at = evaluations.find((each) => each.epoch === epoch);
        if (at === undefined) return '';
        const { testError, validationError } = at;
        return `${percent(testError)}${validationError === undefined ? '' : ` (held out ${percent(validationError)})`}`;
      }),
    ]);
}

/** The errors of all runs by epoch, of rows that are held out beside those of the test set. */
async function plotOf(runs: readonly Compared[], differing: readonly string[]): Promise<string> {
  const lines = runs.flatMap((run, place): Line[] => {
    const own = place === 0;
    const name = [run.run, ...differing.slice(0, MOST_NAMED).map((key) => settingValue(run.config[key]))].join(' · ');
    const points = (of: (evaluation: Evaluated) => number | undefined): Line['points'] =>
      run.evaluations.flatMap((each) => {
        const error = of(each);
        return error === undefined ? [] : [[each.epoch, PER_CENT * error] as const];
      });
    const test = points(({ testError }) => testError);
    const validation = points(({ validationError }) => validationError);
    return [
      ...(test.length > 0 ? [{ name, points: test, own }] : []),
      ...(validation.length > 0 ? [{ name: `${name}, held out`, points: validation, own }] : []),
    ];
  });
  if (lines.length === 0) throw new ConfigError('svg: none of these runs has been evaluated yet');
  // Plots take a library that nothing else should wait for.
  const { lineChart } = await import('@layerline/plots');
  return lineChart({
    title: 'Error by epoch',
    x: { name: 'epoch', scale: 'linear' },
    y: { name: 'error, %', scale: 'linear' },
    lines,
  });
}

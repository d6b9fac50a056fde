import { loadDataset, resolveDataset, rowSize, RowWriter } from '@layerline/datasets';
import type { Dataset, ImageSet } from '@layerline/datasets';
import type { Classifier } from '@layerline/forward-forward';
import { permutation, randomKey } from '@layerline/ops';
import { BackpropagationTrainer, chooseEngine } from '@layerline/pipeline';
import type { RunConfig } from '@layerline/plan';
import { duration, percent, whole, widthsOf } from '../display/format.js';
import { printLine } from '../display/print-line.js';

/** `layerline baseline`. */
export interface BaselineArguments {
  readonly dataset: string;
  readonly dataDir: string | undefined;
  /** Widths of the hidden layers. */
  readonly layers: readonly number[];
  readonly optimizer: 'sgd' | 'adam';
  readonly momentum: number;
  readonly learningRate: number;
  readonly batch: number;
  readonly epochs: number;
  readonly maxSteps: number | undefined;
  readonly seed: number;
  readonly engine: RunConfig['engine'];
  readonly json: boolean;
}

/** Steps between two lines. */
const REPORT_EVERY = 200;
const ROWS_AT_ONCE = 500;
const MIB = 2 ** 20;

/**
 * Trains an ordinary classifier by backpropagation, to compare with: by default the one of the notebook that Layerline grew from,
 * 784-128-10 by plain SGD. @returns the exit code
 */
export async function baseline(given: BaselineArguments): Promise<number> {
  const { json, batch, epochs, seed, learningRate } = given;
  const say = (line: string): void => printLine(line, json ? process.stderr : process.stdout);
  const { reference, reason } = await resolveDataset(given.dataset, { dataDirectory: given.dataDir });
  say(`Data: ${reason}`);
  const dataset = await loadDataset(reference, { label: 'append' });
  const { engine, backend } = await chooseEngine(given.engine, { threads: 1, spinning: true });
  const classifier = classifierOf(given, dataset);
  const widths = widthsOf([classifier.inputs, ...classifier.hidden, classifier.classes]);
  const { train } = dataset;
  const inputsOf = readerOf(dataset);
  const steps = Math.min(given.maxSteps ?? Infinity, epochs * Math.floor(train.count / batch));
  say(
    `Backpropagation: ${widths}, ${given.optimizer} at ${learningRate}, batch ${batch}, ${whole(steps)} steps on ${backend}`,
  );
  const trainer = await BackpropagationTrainer.open(engine, classifier, batch, randomKey(seed));
  const startedAt = performance.now();
  let step = 0;
  let loss = NaN;
  for (let epoch = 1; step < steps; epoch++) {
    const order = permutation(randomKey(seed * 1009 + epoch), train.count);
    for (let at = 0; at + batch <= train.count && step < steps; at += batch, step++) {
      const rows = order.subarray(at, at + batch);
      const labels = Uint8Array.from(rows, (row) => train.labels[row] as number);
      loss = await trainer.step(inputsOf(train, rows), labels, learningRate);
      if (step % REPORT_EVERY > 0) continue;
      say(`Training loss (for one batch) at step ${step}: ${loss.toFixed(4)}`);
      say(`Seen so far: ${whole((step + 1) * batch)} samples`);
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const testError = await errorOf(trainer, dataset.test, inputsOf);
  await engine.close();
  const imagesPerSecond = (steps * batch) / seconds;
  const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
  if (json) {
    const about = { network: widths, dataset: dataset.name, engine: backend, steps, images: steps * batch };
    const result = {
      ...about,
      loss,
      testError,
      testAccuracy: 1 - testError,
      trainSeconds: seconds,
      imagesPerSecond,
      peakMemoryBytes,
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return 0;
  }
  say(
    `Trained on ${whole(steps * batch)} images of ${dataset.name} in ${duration(seconds)}: ${whole(imagesPerSecond)} images/s`,
  );
  say(`Peak memory: ${whole(peakMemoryBytes / MIB)} MB, in one process`);
  say(`Test accuracy: ${percent(1 - testError)} on ${dataset.name}`);
  return 0;
}

function classifierOf({ layers, optimizer, momentum }: BaselineArguments, { spec }: Dataset): Classifier {
  return {
    inputs: rowSize(spec),
    hidden: layers,
    classes: spec.classes.length,
    optimizer: optimizer === 'sgd' ? { name: 'sgd', momentum, weightDecay: 0 } : { name: 'adam', weightDecay: 0 },
  };
}

/** Reads rows as the classifier takes them: without a label, [rows, inputs]. */
type InputsOf = (set: ImageSet, rows: ArrayLike<number>) => Float32Array;

function readerOf({ spec }: Dataset): InputsOf {
  const writer = new RowWriter({ ...spec, label: 'append' });
  const size = rowSize(spec);
  const row = new Float32Array(writer.inputs);
  return (set, rows) => {
    const inputs = new Float32Array(rows.length * size);
    for (let place = 0; place < rows.length; place++) {
      writer.row(row, 0, set, rows[place] as number);
      inputs.set(row.subarray(writer.classes), place * size);
    }
    return inputs;
  };
}

async function errorOf(trainer: BackpropagationTrainer, test: ImageSet, inputsOf: InputsOf): Promise<number> {
  let wrong = 0;
  for (let first = 0; first < test.count; first += ROWS_AT_ONCE) {
    const rows = Array.from({ length: Math.min(ROWS_AT_ONCE, test.count - first) }, (_, place) => first + place);
    const predicted = await trainer.classify(inputsOf(test, rows), rows.length);
    wrong += rows.filter((row, place) => predicted[place] !== test.labels[row]).length;
  }
  return wrong / test.count;
}

import { join } from 'node:path';
import { readModel } from '@layerline/checkpoint';
import { chooseEngine, evaluateModel, loadPlanned } from '@layerline/pipeline';
import type { RunConfig } from '@layerline/plan';
import { byLayer, goodnessErrors, percent, whole } from '../display/format.js';
import { printLine } from '../display/print-line.js';
import { dataOf, findRun } from '../run-lookup.js';

export interface EvaluateArguments {
  readonly run: string;
  readonly out: string;
  readonly dataDir: string | undefined;
  readonly engine: RunConfig['engine'];
  readonly json: boolean;
}

/** `layerline evaluate RUN`. @returns the exit code */
export async function evaluate({ run, out, dataDir, engine: wanted, json }: EvaluateArguments): Promise<number> {
  const { folder, plan } = await findRun(run, out);
  const { manifest, parts } = await readModel(join(folder, 'model'));
  const dataset = await loadPlanned({ ...plan, dataset: await dataOf(plan, dataDir) });
  const { engine, backend } = await chooseEngine(wanted, { threads: plan.engine.threads, spinning: true });
  const found = await evaluateModel(plan, dataset, engine, parts);
  const { testError, perLayerError, validationError, byGoodness, seconds } = found;
  const { weightsSha256 } = manifest;
  if (json) {
    const testAccuracy = 1 - testError;
    const about = { run: folder, dataset: dataset.name, engine: backend, weightsSha256, evalSeconds: seconds };
    const errors = { testError, perLayerError, validationError, byGoodness };
    process.stdout.write(`${JSON.stringify({ testAccuracy, ...errors, ...about })}\n`);
    return 0;
  }
  printLine(`${folder} on the ${whole(dataset.test.count)} test images of ${dataset.name}, engine ${backend}`);
  printLine(`Test error: ${percent(testError)} (by layer ${byLayer(perLayerError)})`);
  if (byGoodness !== undefined) printLine(`Error ${goodnessErrors(byGoodness)}`);
  if (validationError !== undefined) printLine(`Validation error: ${percent(validationError)}`);
  printLine(`Test accuracy: ${percent(1 - testError)}`);
  return 0;
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readModel } from '@layerline/checkpoint';
import { loadDataset, resolveDataset } from '@layerline/datasets';
import { chooseEngine, evaluateModel } from '@layerline/pipeline';
import type { Plan, RunConfig } from '@layerline/plan';
import { byLayer, percent, whole } from '../display/format.js';
import { pathVariable } from '../environment.js';
import { findRun } from '../run-lookup.js';

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
  const dataset = await loadDataset(await referenceOf(plan, dataDir));
  const { engine, backend } = await chooseEngine(wanted, { threads: plan.engine.threads, spinning: true });
  const { testError, perLayerError, seconds } = await evaluateModel(plan, dataset, engine, parts);
  const { weightsSha256 } = manifest;
  if (json) {
    const testAccuracy = 1 - testError;
    const about = { run: folder, dataset: dataset.name, engine: backend, weightsSha256, evalSeconds: seconds };
    process.stdout.write(`${JSON.stringify({ testAccuracy, testError, perLayerError, ...about })}\n`);
    return 0;
  }
  process.stdout.write(
    `${folder} on the ${whole(dataset.test.count)} test images of ${dataset.name}, engine ${backend}\n` +
      `Test error: ${percent(testError)} (by layer ${byLayer(perLayerError)})\n` +
      `Test accuracy: ${percent(1 - testError)}\n`,
  );
  return 0;
}

/**
 * Where the data of a run is now: in the folder that the user names, else in the one that it was trained from. That may
 * be a node's, on another machine; then it is looked for here as for a new run.
 */
async function referenceOf({ dataset }: Plan, dataDir: string | undefined): Promise<Plan['dataset']> {
  if (dataset.name === 'digits') return dataset;
  if (dataDir === undefined && existsSync(dataset.directory)) return dataset;
  const dataDirectory = dataDir ?? pathVariable('LAYERLINE_DATA');
  return (await resolveDataset(dataset.name, { dataDirectory })).reference;
}

import { availableParallelism } from 'node:os';
import { numericsOf, openBackend, SAMPLE_LAYER, timeSteps, tryBackends } from '@layerline/pipeline';
import { planSchema } from '@layerline/plan';
import { parse } from '@layerline/protocol';
import { question } from './examiner.js';
import type { Answer, Question } from './examiner.js';

const MILLISECONDS_PER_ENGINE = 100;

async function work(asked: Question): Promise<Answer> {
  if (asked.type === 'numerics') return { type: 'numerics', numerics: await numerics(asked.settings) };
  const trials = await tryBackends({ threads: availableParallelism(), spinning: true }, (engine) =>
    timeSteps(engine, SAMPLE_LAYER, MILLISECONDS_PER_ENGINE),
  );
  const engines = trials.flatMap((trial) => {
    if (!trial.available) return [];
    const { version } = trial.identity;
    return [{ backend: trial.backend, version, millisecondsPerStep: trial.result.millisecondsPerStep }];
  });
  return { type: 'engines', engines };
}

async function numerics(settings: unknown): Promise<string> {
  const plan = parse(planSchema, settings);
  const { backend, ...options } = plan.engine;
  const engine = await openBackend(backend, options);
  return numericsOf(engine, plan).finally(() => engine.close());
}

function tell(found: Answer): void {
  process.send?.(found, undefined, undefined, () => process.exit());
}

process.once('message', (raw) => {
  work(parse(question, raw)).then(tell, (error: unknown) => {
    tell({ type: 'error', message: (error as Error).message });
  });
});
process.on('disconnect', () => process.exit(1));

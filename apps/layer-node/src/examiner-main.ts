import { numericsOf, openBackend, timeSteps, tryBackend } from '@layerline/pipeline';
import { planSchema, SAMPLE_LAYER } from '@layerline/plan';
import { coresHere, keepInspectorClosed } from '@layerline/process';
import { parse } from '@layerline/protocol';
import { question } from './examiner.js';
import type { Answer, Question } from './examiner.js';

keepInspectorClosed();

async function work(asked: Question): Promise<Answer> {
  if (asked.type === 'numerics') return { type: 'numerics', numerics: await numerics(asked.settings) };
  const { backend, milliseconds } = asked;
  const trial = await tryBackend(backend, { threads: coresHere(), spinning: true }, (engine) =>
    timeSteps(engine, SAMPLE_LAYER, milliseconds),
  );
  if (!trial.available) return { type: 'engine', trial };
  const { version, kernels } = trial.identity;
  const { millisecondsPerStep } = trial.result;
  return { type: 'engine', trial: { available: true, version, kernels, millisecondsPerStep } };
}

async function numerics(settings: unknown): Promise<string> {
  const plan = parse(planSchema, settings);
  const { backend, ...options } = plan.engine;
  const engine = await openBackend(backend, options);
  return numericsOf(engine, plan).finally(() => engine.close());
}

function answer(found: Answer): void {
  process.send?.(found, undefined, undefined, () => process.exit());
}

process.once('message', (raw) => {
  work(parse(question, raw)).then(answer, (error: unknown) => {
    answer({ type: 'error', message: (error as Error).message });
  });
});
process.on('disconnect', () => process.exit(1));

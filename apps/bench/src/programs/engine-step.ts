/**
 * How long a training step of a layer takes on one of Layerline's engines.
 *
 * `node engine-step.js '{"backend": "onnx/c-api", "threads": 2, "layer": {"units": 1000, "rows": 200}, "seconds": 2}'` prints
 * one line of JSON.
 */
import { tryEngine } from '@layerline/engine';
import { openBackend, timeSteps } from '@layerline/pipeline';
import type { EngineStepOptions, EngineStepResult } from '../engine-speeds.js';

const { backend, threads, layer, seconds } = JSON.parse(process.argv[2] ?? '') as EngineStepOptions;
const trial = await tryEngine(
  () => openBackend(backend, { threads, spinning: true }),
  (engine) => timeSteps(engine, layer, 1000 * seconds),
);
if (trial.available) {
  const result: EngineStepResult = { version: trial.identity.version, ...trial.result };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} else {
  process.stderr.write(`${trial.reason}\n`);
  process.exitCode = 1;
}

import { knownSummary } from '@layerline/datasets';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatEventId, LAYER_MEASURES } from '@layerline/api';
import type { EvaluationEvent, LayerObservation, ObservationEvent } from '@layerline/api';
import { applyPreset, makePlan } from '@layerline/plan';
import { JsonLines } from '@layerline/telemetry';
import type { Test } from 'tap';
import { MetricsIndex } from '../../src/record/metrics-index.js';

/** Ten batches an epoch, two layers. */
export const CONFIG = applyPreset('quick', { dataset: 'digits', layers: [16, 16], batch: 50, epochs: 4, threads: 1 });
export const PLAN = makePlan(CONFIG, {
  dataset: { name: 'digits', seed: 1 },
  summary: { ...knownSummary('digits'), trainByClass: [500], testRows: 100 },
  engine: { backend: 'onnx/c-api', threads: 1, spinning: false, concurrency: 1 },
});
export const BEGAN = Date.parse('2026-01-31T12:00:00.000Z');

export const timeAt = (step: number): number => BEGAN + 100 * step;

function envelope(step: number): { readonly id: string; readonly at: string } {
  return {
    id: formatEventId({ incarnation: 0, generation: 0, sequence: step }),
    at: new Date(timeAt(step)).toISOString(),
  };
}

/** What a layer observes. All of its numbers differ, and from those of other bases. */
export function layerObservation(base: number): LayerObservation {
  const goodness = (mean: number): LayerObservation['positive'] => ({
    count: 100,
    mean,
    deviation: mean / 2,
    deciles: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    histogram: { first: 3, counts: [20, 60, 20] },
  });
  return {
    positive: goodness(base + 3),
    negative: goodness(base + 1),
    separation: 0.5 + (base % 100) / 250,
    pairwiseError: 0.4 - (base % 100) / 300,
    loss: 1 / (base + 1),
    silentUnits: (base % 10) / 20,
    weightNorm: base + 7,
    updateNorm: base / 1000,
    learningRate: 0.003,
  };
}

/** The second layer is a node's own program, if `program` is set. */
export function observation(step: number, base = step, program = false): ObservationEvent {
  const second = program ? null : layerObservation(base + 0.25);
  const layers = [layerObservation(base), second];
  return { ...envelope(step), type: 'observation', step, epoch: Math.ceil(step / 10), trainSeconds: step / 8, layers };
}

export function evaluation(step: number, testError: number): EvaluationEvent {
  const perLayerError = [testError / 2, testError / 4];
  const worst = [
    { index: 1, label: 2, predicted: 3, margin: testError, picture: { width: 1, height: 1, pixels: 'AA==' } },
  ];
  const common = { epoch: Math.ceil(step / 10), seconds: 0.5, trainSeconds: step / 8, worst };
  return { ...envelope(step), type: 'evaluation', step, testError, perLayerError, ...common };
}

/** The index of a file with these lines. It is closed with the test. */
export async function indexOf(t: Test, lines: readonly object[]): Promise<MetricsIndex> {
  const path = join(t.testdir(), 'metrics.jsonl');
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const index = new MetricsIndex(path, PLAN, BEGAN);
  const file = await JsonLines.open(path, { visit: (event, offset) => index.add(event, offset) });
  file.close();
  t.teardown(() => index.close());
  return index;
}

/** A value of the first layer's observation by the name of its measure. */
export function measured(event: ObservationEvent, name: string, layer = 0): number | null {
  const observed = event.layers[layer];
  const measure = LAYER_MEASURES.find((other) => other.name === name);
  return observed ? (measure?.read(observed) ?? null) : null;
}

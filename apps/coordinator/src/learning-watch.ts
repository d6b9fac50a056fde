import type { EvaluationEvent, ObservationEvent, RunEvent } from '@layerline/api';
import { goodnessOf } from '@layerline/forward-forward';
import { classesOf, layerName } from '@layerline/plan';
import type { Plan } from '@layerline/plan';

/** A layer of which so many units have been 0 for all rows has stopped learning, or is about to. */
const SILENT = 0.9;
/** Goodness per unit beyond which weights have run away: that of layers that learn is below 100. */
const EXPLODED = 1000;
/** An error of so much of that of guessing is no better. */
const GUESSING = 0.95;

/** What a training that has stopped learning shows. */
export interface Concern {
  /** The same for what need not be said again. */
  readonly key: string;
  readonly sentence: string;
}

/** What an event says of a training that has stopped learning. */
export function concernsOf(event: RunEvent, plan: Plan): Concern[] {
  if (event.type === 'observation') return ofObservation(event, plan);
  return event.type === 'evaluation' ? ofEvaluation(event, plan) : [];
}

function ofObservation({ layers }: ObservationEvent, plan: Plan): Concern[] {
  return layers.flatMap((layer, index): Concern[] => {
    const spec = plan.layers[index];
    if (layer === null || spec === undefined) return [];
    const stage = layerName(index);
    const perUnit = goodnessOf(spec.goodness.name).scale === 'layer' ? spec.units : 1;
    const goodness = Math.max(...[layer.positive, layer.negative].map(({ mean }) => Math.abs(mean))) / perUnit;
    const { silentUnits } = layer;
    const concerns: Concern[] = [];
    if (goodness > EXPLODED) {
      const sentence =
        `${stage} has run away: its goodness is ${goodness.toPrecision(2)} a unit. A smaller --learning-rate usually ` +
        'helps, or --optimizer adam';
      concerns.push({ key: `exploded ${stage}`, sentence });
    }
    if (silentUnits >= SILENT) {
      const sentence =
        `${stage} has gone silent: ${Math.round(100 * silentUnits)} % of its units are 0 for all rows, and learn no more. ` +
        'A smaller --learning-rate or --threshold usually helps, or --peer-normalization 0.03';
      concerns.push({ key: `silent ${stage}`, sentence });
    }
    return concerns;
  });
}

function ofEvaluation({ testError }: EvaluationEvent, plan: Plan): Concern[] {
  const guessing = 1 - 1 / classesOf(plan);
  if (testError < GUESSING * guessing) return [];
  const sentence =
    `The network guesses: its test error is ${(100 * testError).toFixed(1)} %, and that of guessing ` +
    `${(100 * guessing).toFixed(1)} %. Look at each layer's goodness, and try another --learning-rate (the default of ` +
    'adam is 0.003), or --standardize for data with columns of other sizes';
  return [{ key: 'guessing', sentence }];
}

/** What a run is watched by. */
export interface Watched {
  readonly plan: Plan;
  readonly events: {
    subscribe(listener: (event: RunEvent) => void): void;
    emit(event: { readonly type: 'notice'; readonly sentence: string }): void;
  };
}

/** Says in a run's own events, once for each reason, that it has stopped learning. */
export function watchLearning({ plan, events }: Watched): void {
  const said = new Set<string>();
  events.subscribe((event) => {
    for (const { key, sentence } of concernsOf(event, plan)) {
      if (said.has(key)) continue;
      said.add(key);
      // In the next turn, so that everyone hears of the cause before the notice.
      queueMicrotask(() => events.emit({ type: 'notice', sentence }));
    }
  });
}

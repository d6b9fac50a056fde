import * as z from 'zod';
import { evaluationEvent, historyEvent, observationEvent } from './events.js';

const count = z.number().int().nonnegative();

/** The most points of a series that are sent at once. */
export const MAX_POINTS = 5000;

/**
 * What a chart asks for. A series is a measure of the run (`test-error`) or of a stage (`layer-2/loss`), by the names in
 * `measures.ts`.
 */
export const seriesQuery = z.strictObject({
  /** Names, separated by commas. */
  names: z.string().min(1).max(4000),
  /** Only what lies between these steps, both included. */
  from: z.coerce.number().int().nonnegative().default(0),
  to: z.coerce.number().int().nonnegative().optional(),
  /** Thinned to at most so many points a series. */
  points: z.coerce.number().int().min(1).max(MAX_POINTS).default(1000),
  /** Of the moving average: 0 … 0.999, 0 for none. */
  smoothing: z.coerce.number().min(0).max(0.999).default(0),
});
export type SeriesQuery = z.infer<typeof seriesQuery>;

/**
 * A series by columns, ordered by step, each step once. Where it has been thinned, a point stands for a stretch of the stream, and
 * is where that ends: of its values, the least, the greatest and the last.
 */
export const series = z.strictObject({
  name: z.string(),
  step: z.array(count),
  /** When the coordinator learned of it, in milliseconds since 1970. */
  at: z.array(z.number()),
  trainSeconds: z.array(z.number()),
  least: z.array(z.number()),
  greatest: z.array(z.number()),
  last: z.array(z.number()),
  /** How many values the series has had by then since the run began: with `smooth`, all that is needed to smooth the next one. */
  count: z.array(count),
  /** The debiased exponential moving average of all values, before thinning; empty unless it was asked for. */
  smooth: z.array(z.number()),
});
export type Series = z.infer<typeof series>;

export const seriesAnswer = z.strictObject({ series: z.array(series) });
export type SeriesAnswer = z.infer<typeof seriesAnswer>;

/** Whole observations between two steps, for what is no single number, such as histograms over time. */
export const observationsQuery = z.strictObject({
  from: z.coerce.number().int().nonnegative().default(0),
  to: z.coerce.number().int().nonnegative().optional(),
  /** Evenly spread over the stretch, the last always among them. */
  most: z.coerce.number().int().min(1).max(500).default(60),
});
export type ObservationsQuery = z.infer<typeof observationsQuery>;

/** Every point of some series, as a table. */
export const seriesCsvQuery = z.strictObject({
  /** Names, separated by commas; all that the run has, if left out. */
  names: z.string().min(1).max(4000).optional(),
});

/** Evaluations, chosen like observations. */
export const evaluationsQuery = observationsQuery.extend({
  most: z.coerce.number().int().min(1).max(2000).default(500),
});

export const observationsAnswer = z.strictObject({ observations: z.array(observationEvent) });
export type ObservationsAnswer = z.infer<typeof observationsAnswer>;

/** Only the last of them has its worst images. */
export const evaluationsAnswer = z.strictObject({ evaluations: z.array(evaluationEvent) });
export type EvaluationsAnswer = z.infer<typeof evaluationsAnswer>;

/** The newest events of the run's history, the oldest of them first. */
export const historyAnswer = z.strictObject({ events: z.array(historyEvent) });
export type HistoryAnswer = z.infer<typeof historyAnswer>;

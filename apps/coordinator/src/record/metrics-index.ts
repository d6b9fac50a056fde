import { closeSync, openSync } from 'node:fs';
import {
  evaluationReport,
  LAYER_MEASURES,
  LAYER_TEST_ERROR,
  TEST_ERROR,
  trainingReport,
  VALIDATION_ERROR,
} from '@layerline/api';
import type { EvaluationReport, LayerGoodness, LayerObservation, TrainingReport } from '@layerline/api';
import { layerName } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import { fileLines, jsonObject } from '@layerline/telemetry';
import { Columns } from './columns.js';
import { inOrder } from './points.js';
import type { Points } from './points.js';

/** What each row of a table begins with; then follows a value for each of its series. */
const [STEP, AT, TRAIN_SECONDS, OFFSET, VALUES] = [0, 1, 2, 3, 4] as const;
/** Single lines are read in pieces of this size, in bytes. */
const PIECE_BYTES = 2 ** 14;

/** Measures that reports of training have had since before there were observations. */
const GOODNESS: Readonly<Record<string, keyof LayerGoodness>> = {
  'positive-goodness': 'positive',
  'negative-goodness': 'negative',
  separation: 'separation',
};

const NO_POINTS: Points = {
  step: new Float64Array(0),
  at: new Float64Array(0),
  trainSeconds: new Float64Array(0),
  value: new Float64Array(0),
};

/** A kind of event that has series: what they are called, and a row for each event. */
interface Table {
  readonly names: readonly string[];
  readonly rows: Columns;
  /** Where the rows stand, as they were last asked for: not kept for longer, as they grow with the run. */
  places: WeakRef<Places> | undefined;
}

interface Places extends Omit<Points, 'value'> {
  readonly revision: number;
}

/** The whole event at a step, as it is in the file. */
export interface KeptAt {
  readonly step: number;
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly event: object;
}

/**
 * The numbers in a run's metrics file, by series, and where each event is: the file itself is read again only for whole
 * events. It is told of each line, in order, and of each cut.
 */
export class MetricsIndex {
  readonly #observations: Table;
  readonly #evaluations: Table;
  /** What takes the place of observations in runs without them. */
  readonly #trainings: Table;
  readonly #tables: readonly Table[];
  #users = 0;
  #closing = false;

  /**
   * @param path of metrics.jsonl
   * @param startedAt when the run began, in milliseconds since 1970: lines of old versions do not say when they were written
   */
  constructor(
    readonly path: string,
    readonly plan: Plan,
    readonly startedAt: number,
  ) {
    const layers = plan.layers.map((_, index) => layerName(index));
    const ofLayers = (measures: readonly string[]): string[] =>
      layers.flatMap((layer) => measures.map((measure) => `${layer}/${measure}`));
    this.#observations = table(ofLayers(LAYER_MEASURES.map(({ name }) => name)));
    this.#evaluations = table([TEST_ERROR.name, VALIDATION_ERROR.name, ...ofLayers([LAYER_TEST_ERROR.name])]);
    this.#trainings = table(ofLayers(Object.keys(GOODNESS)));
    this.#tables = [this.#observations, this.#evaluations, this.#trainings];
  }

  /** The names of the series that a run of this plan can have. */
  get names(): readonly string[] {
    return [...this.#evaluations.names, ...this.#observations.names];
  }

  /** @param line a durable event, from whichever version @param offset where its line begins, in bytes */
  add(line: object, offset: number): void {
    const { type, at } = line as { readonly type?: unknown; readonly at?: unknown };
    const add = ({ rows }: Table, step: number, trainSeconds: number, values: readonly (number | null)[]): void => {
      const time = typeof at === 'string' ? Date.parse(at) : this.startedAt + 1000 * trainSeconds;
      rows.append([step, time, trainSeconds, offset, ...values.map((value) => value ?? NaN)]);
    };
    switch (type) {
      case 'observation': {
        const observed = observationOf(line);
        if (observed !== undefined) add(this.#observations, observed.step, observed.trainSeconds, observed.values);
        return;
      }
      case 'evaluation': {
        const report = evaluationReport.strip().safeParse(line).data;
        if (report === undefined) return;
        const { epoch, step = epoch * this.plan.batchesPerEpoch, trainSeconds } = report;
        const { testError, validationError = null, perLayerError } = report;
        return add(this.#evaluations, step, trainSeconds, [testError, validationError, ...perLayerError]);
      }
      case 'training': {
        const report = trainingReport.strip().safeParse(line).data;
        if (report?.scope !== 'interval') return;
        const values = report.layers.flatMap((layer) =>
          Object.values(GOODNESS).map((figure) => layer && layer[figure]),
        );
        return add(this.#trainings, Math.round(report.images / this.plan.batch), report.trainSeconds, values);
      }
    }
  }

  /** Forgets what the file has no more. @param bytes its size */
  cut(bytes: number): void {
    for (const { rows } of this.#tables) {
      const left = rows.read(OFFSET).findIndex((offset) => offset >= bytes);
      if (left >= 0) rows.cut(left);
    }
  }

  /** All points of a series; none of one that the run does not have. */
  points(name: string): Points {
    const tables = this.#tables.filter(({ names }) => names.includes(name));
    const table = tables.find(({ rows }) => rows.length > 0) ?? tables[0];
    return table === undefined ? NO_POINTS : pointsOf(table, VALUES + table.names.indexOf(name));
  }

  /**
   * Whole events between two steps, both included, in order: evenly spread where there are more than `most`, the last always
   * among them. Each step comes once.
   */
  async events(kind: 'observations' | 'evaluations', from: number, to: number, most: number): Promise<KeptAt[]> {
    return this.#events(kind === 'observations' ? this.#observations : this.#evaluations, from, to, most);
  }

  /** The last evaluation in the file, whichever version wrote it. @throws the file system's error */
  async lastEvaluation(): Promise<EvaluationReport | undefined> {
    const [last] = await this.#events(this.#evaluations, 0, Infinity, 1);
    return evaluationReport.strip().safeParse(last?.event).data;
  }

  /** The last report of training in the file, epochs apart. @throws the file system's error */
  async lastTraining(): Promise<TrainingReport | undefined> {
    const [last] = await this.#events(this.#trainings, 0, Infinity, 1);
    return trainingReport.strip().safeParse(last?.event).data;
  }

  async #events(table: Table, from: number, to: number, most: number): Promise<KeptAt[]> {
    const { step, at, value } = pointsOf(table, OFFSET);
    const within = [...step.keys()].filter((index) => (step[index] as number) >= from && (step[index] as number) <= to);
    const chosen = spread(within, most);
    const file = openSync(this.path, 'r');
    try {
      const found: KeptAt[] = [];
      for (const index of chosen) {
        const event = await objectAt(file, value[index] as number);
        if (event !== undefined) found.push({ step: step[index] as number, at: at[index] as number, event });
      }
      return found;
    } finally {
      closeSync(file);
    }
  }

  /** Keeps it open, whoever closes it meanwhile. @returns a function that ends that */
  hold(): () => void {
    this.#users++;
    return () => {
      this.#users--;
      if (this.#closing) this.close();
    };
  }

  /** Frees what it has, once nobody uses it. */
  close(): void {
    this.#closing = true;
    if (this.#users > 0) return;
    for (const { rows } of this.#tables) rows.close();
  }
}

function table(names: readonly string[]): Table {
  return { names, rows: new Columns(VALUES + names.length), places: undefined };
}

/** The points of a column, in order. Series of a table are asked for together: where they stand is read once. */
function pointsOf(table: Table, column: number): Points {
  const { rows } = table;
  let places = table.places?.deref();
  if (places?.revision !== rows.revision) {
    const [step, at, trainSeconds] = [rows.read(STEP), rows.read(AT), rows.read(TRAIN_SECONDS)];
    places = { revision: rows.revision, step, at, trainSeconds };
    table.places = new WeakRef(places);
  }
  return inOrder({ ...places, value: rows.read(column) });
}

/** The row of an observation. It was checked when it came, and its many histograms are not checked again. */
function observationOf(line: object): { step: number; trainSeconds: number; values: (number | null)[] } | undefined {
  const { step, trainSeconds, layers } = line as Record<string, unknown>;
  if (typeof step !== 'number' || typeof trainSeconds !== 'number' || !Array.isArray(layers)) return undefined;
  try {
    const values = (layers as (LayerObservation | null)[]).flatMap((layer) =>
      LAYER_MEASURES.map(({ read }) => (layer === null ? null : read(layer))),
    );
    return { step, trainSeconds, values };
  } catch {
    return undefined;
  }
}

/** At most so many of some things, evenly spread, the last always among them. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, index) => items[Math.round(((index + 1) * items.length) / most) - 1] as Item);
}

async function objectAt(file: number, offset: number): Promise<object | undefined> {
  for await (const { bytes } of fileLines(file, { from: offset, pieceBytes: PIECE_BYTES })) return jsonObject(bytes);
  return undefined;
}

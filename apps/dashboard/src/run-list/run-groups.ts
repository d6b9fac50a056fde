import { compareConfigs } from '../compare/configs.js';
import type { Standing } from '../run/standing.js';
import type { RunRow } from './run-rows.js';

/** Runs that are listed together. */
export interface RunGroup {
  /** Undefined for runs that belong to none. */
  readonly name: string | undefined;
  readonly rows: readonly RunRow[];
}

/** What a group comes to. */
export interface GroupSummary {
  /** How many of its runs stand where, in the order of the list. */
  readonly standings: readonly { readonly standing: Standing; readonly count: number }[];
  /** 0 … 1, of all its runs; undefined where it is known of none. */
  readonly done: number | undefined;
  /** The least, a fraction; undefined where there is none. */
  readonly testError: number | undefined;
  /** Of all its runs. */
  readonly trainSeconds: number;
  /** When the first of its runs began, in ISO 8601. */
  readonly startedAt: string | undefined;
}

/** Where runs are kept, and what they are told apart by anyway. */
const NOT_NAMED = new Set(['group', 'out', 'dataDir', 'snapshotDir']);

/** Runs in the order of the list; those of a group are where the first of them is. */
export function groupsOf(rows: readonly RunRow[]): RunGroup[] {
  const groups: { readonly name: string | undefined; readonly rows: RunRow[] }[] = [];
  for (const row of rows) {
    // Runs without a group are listed together only where no group comes between them.
    const found = groups.findLast(
      ({ name }, place) => name === row.group && (name !== undefined || place === groups.length - 1),
    );
    if (found === undefined) groups.push({ name: row.group, rows: [row] });
    else found.rows.push(row);
  }
  return groups;
}

export function summaryOf(rows: readonly RunRow[]): GroupSummary {
  const words = [...new Set(rows.map(({ standing }) => standing.word))];
  const standings = words.flatMap((word) => {
    const alike = rows.filter(({ standing }) => standing.word === word);
    return alike.slice(0, 1).map(({ standing }) => ({ standing, count: alike.length }));
  });
  const known = rows.filter(({ done }) => done !== undefined);
  const errors = rows.flatMap(({ testError }) => (testError === undefined ? [] : [testError]));
  return {
    standings,
    done: known.length === 0 ? undefined : sum(rows.map(({ done }) => done ?? 0)) / rows.length,
    testError: errors.length === 0 ? undefined : Math.min(...errors),
    trainSeconds: sum(rows.map(({ trainSeconds }) => trainSeconds ?? 0)),
    startedAt: rows.flatMap(({ startedAt }) => startedAt ?? []).sort()[0],
  };
}

/** What sets the runs of a group apart, by id: `goodness sum · learningRate 0.01`; empty for those that are alike. */
export function differencesOf(rows: readonly RunRow[]): ReadonlyMap<string, string> {
  const configured = rows.filter(({ config }) => config !== undefined);
  const settings = compareConfigs(configured.map(({ config = {} }) => config));
  const differing = settings.filter(({ key, differs }) => differs && !NOT_NAMED.has(key));
  return new Map(
    configured.map(({ id }, place) => [
      id,
      differing
        .flatMap(({ key, values }) => (values[place] === undefined ? [] : `${key} ${values[place]}`))
        .join(' · '),
    ]),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Settings of a run, as the coordinator tells them. */
export type Config = Readonly<Record<string, unknown>>;

/** A setting of several runs. */
export interface Setting {
  /** Parts of it are joined by dots: `placement.layer-1`. */
  readonly key: string;
  /** In the order of the runs; undefined for a run that leaves it out. */
  readonly values: readonly (string | undefined)[];
  readonly differs: boolean;
  /** The value that most runs have; of those that equally many have, the first. */
  readonly usual: string | undefined;
}

/** All settings of some runs side by side, in the order in which they first appear. */
export function compareConfigs(configs: readonly Config[]): Setting[] {
  const flat = configs.map((config) => new Map(flatten(config, '')));
  const keys = [...new Set(flat.flatMap((settings) => [...settings.keys()]))];
  return keys.map((key) => {
    const values = flat.map((settings) => settings.get(key));
    return { key, values, differs: new Set(values).size > 1, usual: mostFrequent(values) };
  });
}

/** Groups runs whose configs are the same but for the seed; groups and runs keep their order. */
export function groupBySeed<Run extends { readonly config: Config }>(runs: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const settings = flatten(run.config, '').filter(([key]) => key !== 'seed');
    const signature = JSON.stringify(settings.sort(([one], [other]) => (one < other ? -1 : 1)));
    groups.set(signature, [...(groups.get(signature) ?? []), run]);
  }
  return [...groups.values()];
}

function mostFrequent(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string | undefined, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0];
}

function flatten(config: object, prefix: string): (readonly [string, string])[] {
  return Object.entries(config).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return flatten(value, `${prefix}${key}.`);
    return [[`${prefix}${key}`, textOf(value)] as const];
  });
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

import type { Condition } from '../simulation/placement.js';

/** `10 Gbit/s, 0.1 ms`. The round trip may be a range: `0.1–20`. */
export function describeCondition({
  bandwidth,
  roundTrip,
}: Pick<Condition, 'bandwidth'> & { readonly roundTrip: number | string }): string {
  return `${bandwidth / 1e9} Gbit/s, ${roundTrip} ms`;
}

/** Items by a key of theirs, in the order in which the keys come first. */
export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): [key: string, items: Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups];
}

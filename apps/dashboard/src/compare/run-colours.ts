/** Slots of a palette by the ids of runs. */
export type Slots = Readonly<Record<string, number>>;

const STORAGE_KEY = 'layerline-run-colours';
/** Runs whose colours are remembered. */
const MOST_KEPT = 500;

/**
 * Gives each run a slot of a palette: the one that it has had before; or by its id, so that it is likely to be the same in
 * another browser; or the next that is free. Runs share slots once there are no more.
 * @param kept slots given before
 */
export function assignSlots(runs: readonly string[], kept: Slots, size: number): Slots {
  const slots: Record<string, number> = {};
  const taken = new Set<number>();
  const take = (run: string, slot: number): void => {
    slots[run] = slot;
    taken.add(slot);
  };
  for (const run of runs) {
    const slot = kept[run];
    if (slot !== undefined && slot < size && !taken.has(slot)) take(run, slot);
  }
  for (const run of runs.filter((one) => slots[one] === undefined)) {
    const own = hash(run) % size;
    const free = Array.from({ length: size }, (_, index) => (own + index) % size).find((slot) => !taken.has(slot));
    take(run, free ?? own);
  }
  return slots;
}

/** {@link assignSlots} with the browser's memory. */
export function slotsFor(runs: readonly string[], size: number): Slots {
  const kept = stored();
  const slots = assignSlots(runs, kept, size);
  const all = Object.entries({ ...kept, ...slots }).slice(-MOST_KEPT);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(Object.fromEntries(all)));
  } catch {
    // Without storage, colours follow from ids alone.
  }
  return slots;
}

function stored(): Slots {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}');
    const entries = typeof kept === 'object' && kept !== null ? Object.entries(kept) : [];
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isInteger(entry[1])));
  } catch {
    return {};
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
  return sum >>> 0;
}

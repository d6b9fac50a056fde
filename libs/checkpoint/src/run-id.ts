import { randomBytes } from 'node:crypto';

/** Less of an id is no way to name a run. */
const SHORTEST = 3;
const NAMED = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]{4}-(.+)$/;

/** An id that sorts by time and does not clash: `2026-01-31T12-00-00-1a2b`, or `2026-01-31T12-00-00-1a2b-NAME`. */
export function newRunId(name?: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const id = `${time}-${randomBytes(2).toString('hex')}`;
  return name === undefined ? id : `${id}-${name}`;
}

/** The name that a person has given to a run; undefined where it has none. */
export function nameOf(id: string): string | undefined {
  return NAMED.exec(id)?.[1];
}

/** The ids that a text may stand for: of the run that has it as its name, or else of those that begin or end with it. */
export function idsMeant(text: string, ids: readonly string[]): string[] {
  const named = ids.filter((id) => nameOf(id) === text);
  if (named.length > 0 || text.length < SHORTEST) return named;
  return ids.filter((id) => id.startsWith(text) || id.endsWith(text));
}

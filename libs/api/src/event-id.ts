import * as z from 'zod';

/**
 * The place of an event among all of its run: which coordinator's (incarnation), in which life (generation), and how
 * many events of that life came before it. It only grows, whoever dies when. In text, `2.0.57`.
 */
export interface EventId {
  readonly incarnation: number;
  readonly generation: number;
  readonly sequence: number;
}

const TEXT = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/;

/** An event's id as it travels: `INCARNATION.GENERATION.SEQUENCE`. */
export const eventIdText = z.string().regex(TEXT, 'an event id looks like 2.0.57');

/** Comes before the id of every event: whoever follows from here misses nothing. */
export const BEFORE_ALL = '0.0.0';

export function formatEventId({ incarnation, generation, sequence }: EventId): string {
  return `${incarnation}.${generation}.${sequence}`;
}

/** @param text as {@link eventIdText} lets it pass */
export function parseEventId(text: string): EventId {
  const [, incarnation, generation, sequence] = TEXT.exec(text) ?? [];
  return { incarnation: Number(incarnation), generation: Number(generation), sequence: Number(sequence) };
}

/** Below 0 where `a` came before `b`, above 0 where it came after. @param a @param b in text */
export function compareEventIds(a: string, b: string): number {
  const [one, other] = [parseEventId(a), parseEventId(b)];
  return one.incarnation - other.incarnation || one.generation - other.generation || one.sequence - other.sequence;
}

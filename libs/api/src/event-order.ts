/**
 * An event's place in its run: which coordinator it came from (incarnation), in which life (generation), and its number in
 * that life, counted from 1. It only ever grows, whichever process dies when. As text, `2.0.57`.
 */
export interface EventId {
  readonly incarnation: number;
  readonly generation: number;
  readonly sequence: number;
}

/** An event's id as it travels: `INCARNATION.GENERATION.SEQUENCE`. */
export const EVENT_ID_TEXT = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/;

/** Comes before the id of every event: following from here misses nothing. */
export const BEFORE_ALL = '0.0.0';

export function formatEventId({ incarnation, generation, sequence }: EventId): string {
  return `${incarnation}.${generation}.${sequence}`;
}

/** @param text that matches {@link EVENT_ID_TEXT} */
export function parseEventId(text: string): EventId {
  const [, incarnation, generation, sequence] = EVENT_ID_TEXT.exec(text) ?? [];
  return { incarnation: Number(incarnation), generation: Number(generation), sequence: Number(sequence) };
}

/** Below 0 if `a` came before `b`, above 0 if it came after, 0 if they are the same. Both are text. */
export function compareEventIds(a: string, b: string): number {
  const [one, other] = [parseEventId(a), parseEventId(b)];
  return one.incarnation - other.incarnation || one.generation - other.generation || one.sequence - other.sequence;
}

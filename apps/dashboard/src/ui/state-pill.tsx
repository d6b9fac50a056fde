import type { Mood } from './mood.js';

/** A state in a word, with a dot in its colour. */
export function StatePill({ word, mood }: { readonly word: string; readonly mood: Mood }) {
  return (
    <span class={`pill mood-${mood}`}>
      <Dot mood={mood} />
      {word}
    </span>
  );
}

export function Dot({ mood }: { readonly mood: Mood }) {
  return <span class={`dot mood-${mood}`} aria-hidden="true" />;
}

/** How something is, for a colour; beside it there is always a word. */
export type Mood = 'live' | 'good' | 'warn' | 'bad' | 'still';

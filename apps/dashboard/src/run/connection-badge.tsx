import { now } from '../data/clock.js';
import type { LiveRun } from '../data/live-run.js';
import { age } from '../format.js';
import { Dot } from '../ui/state-pill.js';

/** Stages of a run report every second: after this long without a word, the age of what is shown is told. */
const QUIET_MS = 6000;

/** Whether what is shown is how things are now, or else how old it is. */
export function ConnectionBadge({ live }: { readonly live: LiveRun }) {
  const connection = live.connection.value;
  switch (connection.state) {
    case 'connecting':
      return <Badge mood="still" text="connecting" />;
    case 'live': {
      const quiet = now.value - live.heardAt.value;
      return quiet < QUIET_MS ? (
        <Badge mood="live" text="live" />
      ) : (
        <Badge mood="warn" text={`last word ${age(quiet)} ago`} />
      );
    }
    case 'lost':
      return <Badge mood="bad" text={`disconnected, as of ${age(now.value - connection.since)} ago`} />;
    case 'resting':
      return <Badge mood="still" text="resting" />;
    case 'ended':
    case 'refused':
      return null;
  }
}

function Badge({ mood, text }: { readonly mood: 'still' | 'live' | 'warn' | 'bad'; readonly text: string }) {
  return (
    <span class="connection">
      <Dot mood={mood} /> {text}
    </span>
  );
}

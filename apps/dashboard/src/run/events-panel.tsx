import { useState } from 'preact/hooks';
import type { LiveState } from '../data/run-state.js';
import { clockTime, counted, dateTime } from '../format.js';
import { Panel } from '../ui/panel.js';
import { Dot } from '../ui/state-pill.js';
import { eventRowsOf } from './event-rows.js';

/** Shown at first. */
const FEW = 10;

/** What has happened in the run, newest first. */
export function EventsPanel({ state }: { readonly state: LiveState }) {
  const [showsAll, showAll] = useState(false);
  const rows = eventRowsOf(state);
  return (
    <Panel title="Events" aside={<span class="dim">{counted(rows.length, 'event')}</span>}>
      {rows.length === 0 && <p class="empty">Nothing has happened yet.</p>}
      <ol class="events">
        {rows.slice(0, showsAll ? undefined : FEW).map(({ id, at, kind, sentence, mood }) => (
          <li key={id}>
            <Dot mood={mood} />
            <time dateTime={at} title={dateTime(at)}>
              {clockTime(at)}
            </time>
            <span class="event-kind">{kind}</span>
            <span class="event-sentence">{sentence}</span>
          </li>
        ))}
      </ol>
      {rows.length > FEW && (
        <button type="button" class="quiet" onClick={() => showAll(!showsAll)}>
          {showsAll ? 'Show the newest only' : `Show all ${rows.length}`}
        </button>
      )}
    </Panel>
  );
}

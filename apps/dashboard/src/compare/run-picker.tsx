import type { RunList } from '@layerline/api';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { LineStyle } from '../charts/lines.js';
import { Swatch } from '../charts/swatch.js';
import { fragmentQuery, withQuery } from '../charts/view-link.js';
import { client } from '../data/session.js';
import { listRuns } from './run-list.js';
import type { ListedRun } from './run-list.js';

interface RunPickerProps {
  readonly chosen: readonly string[];
  readonly styleOf: (run: string) => LineStyle | undefined;
}

/** Chooses runs, by way of the address: going back undoes it. */
export function RunPicker({ chosen, styleOf }: RunPickerProps): JSX.Element {
  const runs = useSignal<readonly ListedRun[]>([]);
  const failure = useSignal<string | undefined>(undefined);
  const filter = useSignal('');
  useEffect(() => {
    const stopped = new AbortController();
    client.get<RunList>('/api/runs', stopped.signal).then(
      (list) => (runs.value = listRuns(list)),
      (error: unknown) => {
        if (!stopped.signal.aborted) failure.value = (error as Error).message;
      },
    );
    return () => stopped.abort();
  }, []);
  const toggle = (id: string): void => go(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const shown = runs.value.filter(({ id }) => id.toLowerCase().includes(filter.value.toLowerCase()));
  return (
    <details class="run-picker" open={chosen.length < 2}>
      <summary>
        Runs <span class="count">{chosen.length} chosen</span>
      </summary>
      <input
        type="search"
        placeholder="Filter runs"
        aria-label="Filter runs"
        value={filter.value}
        onInput={({ currentTarget }) => (filter.value = currentTarget.value)}
      />
      {failure.value !== undefined && <p class="charts-note bad">{failure}</p>}
      <ul>
        {shown.map(({ id, state }) => {
          const style = styleOf(id);
          return (
            <li key={id}>
              <label>
                <input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id)} />
                {style && <Swatch style={style} />}
                <span class="run-id">{id}</span>
                <span class="run-state">{state}</span>
              </label>
            </li>
          );
        })}
      </ul>
    </details>
  );
}

function go(runs: readonly string[]): void {
  const query = fragmentQuery(location.hash);
  if (runs.length === 0) query.delete('runs');
  else query.set('runs', runs.join(','));
  location.hash = withQuery(location.hash, query);
}

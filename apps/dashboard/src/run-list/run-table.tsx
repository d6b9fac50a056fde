import { dateTime, duration, NONE, percent } from '../format.js';
import { formatRoute } from '../routes.js';
import { ProgressBar } from '../ui/progress-bar.js';
import { Scroll } from '../ui/scroll.js';
import { StatePill } from '../ui/state-pill.js';
import type { RunRow } from './run-rows.js';

interface TableProps {
  readonly rows: readonly RunRow[];
  /** Ids of those to be compared. */
  readonly chosen: ReadonlySet<string>;
  readonly choose: (chosen: ReadonlySet<string>) => void;
}

export function RunTable({ rows, chosen, choose }: TableProps) {
  const toggle = (id: string): void => {
    const others = [...chosen].filter((other) => other !== id);
    choose(new Set(chosen.has(id) ? others : [...others, id]));
  };
  return (
    <Scroll label="All runs" class="panel">
      <table class="figures runs">
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">Compare</span>
            </th>
            <th scope="col" class="left">
              Run
            </th>
            <th scope="col" class="left no-phone">
              State
            </th>
            <th scope="col" class="left wide">
              Network
            </th>
            <th scope="col" class="left">
              Progress
            </th>
            <th scope="col" class="wide">
              Time left
            </th>
            <th scope="col">Test error</th>
            <th scope="col" class="wide">
              Trained for
            </th>
            <th scope="col" class="wide">
              Started
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <input
                  type="checkbox"
                  checked={chosen.has(row.id)}
                  aria-label={`Compare ${row.id}`}
                  onChange={() => toggle(row.id)}
                />
              </td>
              <Cells row={row} />
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Cells({ row }: { readonly row: RunRow }) {
  const { id, standing, network, done, secondsLeft, testError, trainSeconds, startedAt, failure } = row;
  return (
    <>
      <th scope="row">
        <a class="run-link" href={formatRoute({ page: 'run', run: id, tab: 'overview' })}>
          {id}
        </a>
        <span class="phone">
          <StatePill {...standing} />
        </span>
        {failure !== undefined && <p class="run-failure">{failure}</p>}
      </th>
      <td class="no-phone">
        <StatePill {...standing} />
      </td>
      <td class="wide">{network ?? NONE}</td>
      <td>
        {done === undefined ? (
          NONE
        ) : (
          <span class="run-progress">
            <ProgressBar share={done} label={`Progress of ${id}`} /> {percent(done, 0)}
          </span>
        )}
      </td>
      <td class="number wide">{secondsLeft === undefined ? NONE : duration(secondsLeft)}</td>
      <td class="number">{testError === undefined ? NONE : percent(testError)}</td>
      <td class="number wide">{trainSeconds === undefined ? NONE : duration(trainSeconds)}</td>
      <td class="number wide">{startedAt === undefined ? NONE : dateTime(startedAt)}</td>
    </>
  );
}

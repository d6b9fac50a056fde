import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { formatValue } from '../charts/format.js';
import type { ComparedRun } from './compare-scene.js';
import type { Highlight } from './highlight.js';
import { contestsOf, resultOf, sortBy } from './results.js';
import type { Contest, Order } from './results.js';
import { RunName } from './run-name.js';

interface ResultsTableProps {
  readonly runs: readonly ComparedRun[];
  /** Whose measures are shown, from 0. */
  readonly layer: number;
  readonly highlight: Highlight;
}

/** How the runs did: of each measure the last value and the best, sorted by any of them. */
export function ResultsTable({ runs, layer, highlight }: ResultsTableProps): JSX.Element {
  const order = useSignal<Order>({ series: 'test-error', which: 'best', descending: false });
  const contests = contestsOf(layer).filter(({ series }) => runs.some(({ present }) => present.has(series)));
  const sorting = contests.find(({ series }) => series === order.value.series) ?? contests[0];
  const { which, descending } = order.value;
  const valueOf = (run: ComparedRun): number | undefined =>
    sorting && resultOf(run.present.get(sorting.series), which, sorting.best);
  return (
    <section class="compare-panel" aria-label="Results">
      <header>
        <h3>Results</h3>
      </header>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Results of the runs">
        <table class="results">
          <thead>
            <tr>
              <th scope="col" rowSpan={2}>
                Run
              </th>
              {contests.map(({ series, title }) => (
                <th key={series} scope="colgroup" colSpan={2}>
                  {title}
                </th>
              ))}
            </tr>
            <tr>
              {contests.flatMap((contest) =>
                (['last', 'best'] as const).map((column) => (
                  <Sorter
                    key={`${contest.series} ${column}`}
                    contest={contest}
                    which={column}
                    order={order.value}
                    onSort={(next) => (order.value = next)}
                  />
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {sortBy(runs, valueOf, descending).map((run) => (
              <tr key={run.id} {...highlight.propsOf(run.id)}>
                <th scope="row">
                  <RunName id={run.id} style={highlight.styleOf(run.id)} />
                  {!run.ended && <span class="run-state">running</span>}
                </th>
                {contests.map((contest) => (
                  <Result key={contest.series} run={run} runs={runs} contest={contest} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface SorterProps {
  readonly contest: Contest;
  readonly which: Order['which'];
  readonly order: Order;
  readonly onSort: (order: Order) => void;
}

/** The head of a column. A first click puts what is best on top. */
function Sorter({ contest: { series, title, best }, which, order, onSort }: SorterProps): JSX.Element {
  const sorted = order.series === series && order.which === which;
  const descending = sorted ? !order.descending : best === 'greatest';
  return (
    <th scope="col" aria-sort={!sorted ? 'none' : order.descending ? 'descending' : 'ascending'}>
      <button
        type="button"
        aria-label={`Sort by ${which} ${title}`}
        onClick={() => onSort({ series, which, descending })}
      >
        {which}
        <span aria-hidden="true">{!sorted ? '' : order.descending ? ' ↓' : ' ↑'}</span>
      </button>
    </th>
  );
}

interface ResultProps {
  readonly run: ComparedRun;
  readonly runs: readonly ComparedRun[];
  readonly contest: Contest;
}

function Result({ run, runs, contest: { series, unit, best } }: ResultProps): JSX.Element {
  const points = run.present.get(series);
  const [last, record] = [resultOf(points, 'last', best), resultOf(points, 'best', best)];
  const records = runs.flatMap(({ present }) => resultOf(present.get(series), 'best', best) ?? []);
  const leads = record === (best === 'least' ? Math.min(...records) : Math.max(...records));
  return (
    <>
      <td>{last === undefined ? '–' : formatValue(last, unit)}</td>
      <td class={leads ? 'leads' : ''}>{record === undefined ? '–' : formatValue(record, unit)}</td>
    </>
  );
}

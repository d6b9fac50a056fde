import { useEffect, useMemo, useState } from 'preact/hooks';
import { now } from '../data/clock.js';
import { Runs } from '../data/runs.js';
import { client } from '../data/session.js';
import { age, counted } from '../format.js';
import { formatRoute } from '../routes.js';
import { Command, Message, Skeleton } from '../ui/states.js';
import { runRowsOf } from './run-rows.js';
import { RunTable } from './run-table.js';

/** All runs of the coordinator, those under way first. */
export function RunListPage() {
  const runs = useMemo(() => new Runs(client), []);
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    document.title = 'Runs · Layerline';
    runs.start();
    return () => runs.stop();
  }, [runs]);
  const list = runs.list.value;
  const failure = runs.failure.value;
  const rows = list === undefined ? undefined : runRowsOf(list);
  return (
    <>
      <header class="page-head">
        <h1>Runs</h1>
        {rows !== undefined && <span class="dim">{counted(rows.length, 'run')}</span>}
        {chosen.size > 1 && (
          <a class="button button-primary" href={formatRoute({ page: 'compare', runs: [...chosen] })}>
            Compare {chosen.size} runs
          </a>
        )}
      </header>
      {failure !== undefined && (
        <p class="banner banner-bad" role="alert">
          {failure}
          {list !== undefined && `. What is shown is ${age(now.value - runs.answeredAt.value)} old`}
        </p>
      )}
      {rows === undefined && failure === undefined && <Skeleton lines={6} />}
      {rows?.length === 0 && <NoRuns />}
      {rows !== undefined && rows.length > 0 && <RunTable rows={rows} chosen={chosen} choose={choose} />}
    </>
  );
}

function NoRuns() {
  return (
    <Message title="No runs yet">
      <p>Begin one in a terminal on the coordinator’s machine, and it shows up here:</p>
      <Command text="layerline train --coordinator" />
    </Message>
  );
}

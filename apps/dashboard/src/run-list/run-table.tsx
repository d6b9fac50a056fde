import { useState } from 'preact/hooks';
import { counted, dateTime, duration, NONE, percent } from '../format.js';
import { formatRoute } from '../routes.js';
import { ProgressBar } from '../ui/progress-bar.js';
import { Scroll } from '../ui/scroll.js';
import { StatePill } from '../ui/state-pill.js';
import { differencesOf, groupsOf, summaryOf } from './run-groups.js';
import type { RunRow } from './run-rows.js';

interface TableProps {
  readonly rows: readonly RunRow[];
  /** Ids of those to be compared. */
  readonly chosen: ReadonlySet<string>;
  readonly choose: (chosen: ReadonlySet<string>) => void;
}

export function RunTable({ rows, chosen, choose }: TableProps) {
  const [opened, open] = useState<ReadonlySet<string>>(new Set());
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
        {groupsOf(rows).map(({ name, rows: members }) => {
          const isOpen = name === undefined || opened.has(name);
          const differences = name === undefined ? undefined : differencesOf(members);
          return (
            <tbody key={name === undefined ? members[0]?.id : `group ${name}`}>
              {name !== undefined && (
                <tr class="run-group">
                  <td>
                    <Choice ids={members.map(({ id }) => id)} name={`all of ${name}`} {...{ chosen, choose }} />
                  </td>
                  <GroupCells name={name} rows={members} isOpen={isOpen} toggle={() => open(toggled(opened, [name]))} />
                </tr>
              )}
              {isOpen &&
                members.map((row) => (
                  <tr key={row.id} class={name === undefined ? undefined : 'run-member'}>
                    <td>
                      <Choice ids={[row.id]} name={row.id} {...{ chosen, choose }} />
                    </td>
                    <Cells row={row} difference={differences?.get(row.id)} />
                  </tr>
                ))}
            </tbody>
          );
        })}
      </table>
    </Scroll>
  );
}

/** A set with these in it, or without them if it had them all. */
function toggled(set: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> {
  const others = [...set].filter((id) => !ids.includes(id));
  return new Set(ids.every((id) => set.has(id)) ? others : [...others, ...ids]);
}

interface ChoiceProps extends Pick<TableProps, 'chosen' | 'choose'> {
  readonly ids: readonly string[];
  readonly name: string;
}

/** Chooses one run, or all of a group. */
function Choice({ ids, name, chosen, choose }: ChoiceProps) {
  const count = ids.filter((id) => chosen.has(id)).length;
  return (
    <input
      type="checkbox"
      checked={count === ids.length}
      indeterminate={count > 0 && count < ids.length}
      aria-label={`Compare ${name}`}
      onChange={() => choose(toggled(chosen, ids))}
    />
  );
}

interface GroupCellsProps {
  readonly name: string;
  readonly rows: readonly RunRow[];
  readonly isOpen: boolean;
  readonly toggle: () => void;
}

function GroupCells({ name, rows, isOpen, toggle }: GroupCellsProps) {
  const { standings, done, testError, trainSeconds, startedAt } = summaryOf(rows);
  const pills = standings.map(({ standing: { word, mood }, count }) => (
    <StatePill key={word} word={`${count} ${word.toLowerCase()}`} mood={mood} />
  ));
  return (
    <>
      <th scope="rowgroup">
        <button type="button" class="run-group-name" aria-expanded={isOpen} onClick={toggle}>
          {name}
        </button>
        <span class="dim">{counted(rows.length, 'run')}</span>
        <span class="phone">{pills}</span>
      </th>
      <td class="no-phone">{pills}</td>
      <td class="wide">{NONE}</td>
      <td>
        <Progress done={done} name={name} />
      </td>
      <td class="number wide">{NONE}</td>
      <td class="number">
        {testError !== undefined && <span class="no-phone">best </span>}
        {testError === undefined ? NONE : percent(testError)}
      </td>
      <td class="number wide">{duration(trainSeconds)}</td>
      <td class="number wide">{startedAt === undefined ? NONE : dateTime(startedAt)}</td>
    </>
  );
}

function Progress({ done, name }: { readonly done: number | undefined; readonly name: string }) {
  if (done === undefined) return <>{NONE}</>;
  return (
    <span class="run-progress">
      <ProgressBar share={done} label={`Progress of ${name}`} /> {percent(done, 0)}
    </span>
  );
}

function Cells({ row, difference }: { readonly row: RunRow; readonly difference: string | undefined }) {
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
        {difference !== undefined && difference !== '' && <p class="run-difference">{difference}</p>}
        {failure !== undefined && <p class="run-failure">{failure}</p>}
      </th>
      <td class="no-phone">
        <StatePill {...standing} />
      </td>
      <td class="wide">{network ?? NONE}</td>
      <td>
        <Progress done={done} name={id} />
      </td>
      <td class="number wide">{secondsLeft === undefined ? NONE : duration(secondsLeft)}</td>
      <td class="number">{testError === undefined ? NONE : percent(testError)}</td>
      <td class="number wide">{trainSeconds === undefined ? NONE : duration(trainSeconds)}</td>
      <td class="number wide">{startedAt === undefined ? NONE : dateTime(startedAt)}</td>
    </>
  );
}

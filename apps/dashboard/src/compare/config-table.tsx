import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { compareConfigs } from './configs.js';
import type { Highlight } from './highlight.js';
import { RunName } from './run-name.js';
import type { ComparedRun } from './compare-scene.js';

interface ConfigTableProps {
  readonly runs: readonly ComparedRun[];
  readonly highlight: Highlight;
}

/** In what the runs' settings differ. */
export function ConfigTable({ runs, highlight }: ConfigTableProps): JSX.Element {
  const all = useSignal(false);
  const settings = compareConfigs(runs.map(({ config }) => config));
  const shown = settings.filter(({ differs }) => differs || all.value);
  return (
    <section class="compare-panel" aria-label="Settings">
      <header>
        <h3>Settings</h3>
        <label>
          <input type="checkbox" checked={all.value} onChange={() => (all.value = !all.value)} />
          All {settings.length}, not only those that differ
        </label>
      </header>
      {shown.length === 0 ? (
        <p class="charts-note">The runs have the same settings.</p>
      ) : (
        <div class="table-scroll" tabIndex={0} role="region" aria-label="Settings of the runs">
          <table>
            <thead>
              <tr>
                <th scope="col">Setting</th>
                {runs.map(({ id }) => (
                  <th key={id} scope="col" {...highlight.propsOf(id)}>
                    <RunName id={id} style={highlight.styleOf(id)} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ key, values, usual }) => (
                <tr key={key}>
                  <th scope="row">{key}</th>
                  {runs.map(({ id }, index) => (
                    <td key={id} {...highlight.propsOf(id)}>
                      <span class={values[index] === usual ? '' : 'unusual'}>{values[index] ?? '–'}</span>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

import { formatRoute } from '../routes.js';
import type { RunTab } from '../routes.js';

const TITLES: Readonly<Record<RunTab, string>> = {
  overview: 'Overview',
  charts: 'Charts',
  layers: 'Layers',
  test: 'Test',
  log: 'Log',
  config: 'Config',
};

/** The ways to a run's pages. */
export function RunTabs({ run, tab }: { readonly run: string; readonly tab: RunTab }) {
  const tabs = Object.keys(TITLES) as RunTab[];
  return (
    <nav class="tabs" aria-label="Pages of the run">
      {tabs.map((name) => (
        <a
          key={name}
          href={formatRoute({ page: 'run', run, tab: name })}
          aria-current={name === tab ? 'page' : undefined}
        >
          {TITLES[name]}
        </a>
      ))}
    </nav>
  );
}

import type { JSX } from 'preact';
import { Chart } from './chart.js';
import { CHART_GROUPS } from './groups.js';
import type { ChartKind } from './groups.js';
import type { Line } from './lines.js';
import type { Scene } from './scene.js';

interface ChartGridProps {
  readonly scene: Scene;
  /** Lines that a chart has; none for a chart that is left out. */
  readonly linesOf: (kind: ChartKind) => readonly Line[];
}

/** All charts that have something to show, in their groups. */
export function ChartGrid({ scene, linesOf }: ChartGridProps): JSX.Element {
  const hidden = scene.view.hidden.value;
  const groups = CHART_GROUPS.map(({ title, charts }) => ({
    title,
    specs: charts
      .map((kind) => ({ ...kind, id: kind.name, lines: linesOf(kind) }))
      .filter(({ lines }) => lines.some(({ key }) => !hidden.has(key))),
  })).filter(({ specs }) => specs.length > 0);
  return (
    <div class="chart-groups">
      {groups.map(({ title, specs }) => (
        <section key={title} class="chart-group" data-count={specs.length} data-group={title}>
          <h3>{title}</h3>
          <div class="chart-grid">
            {specs.map((spec) => (
              <Chart key={spec.id} spec={spec} scene={scene} />
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}

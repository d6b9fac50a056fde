import { LAYER_MEASURES, LAYER_TEST_ERROR, TEST_ERROR, VALIDATION_ERROR } from './measures.js';
import type { Measure } from './measures.js';
import { METRICS } from './metrics.js';
import type { Metric } from './metrics.js';

/** What the scopes in metrics' names are about, in the order of the page. */
const SCOPES = {
  coordinator: 'The coordinator',
  run: 'Runs',
  layer: 'Layers',
  stage: 'Stages',
  link: 'Links',
} as const;

/** The page of the documentation that lists everything that is measured, in Markdown. */
export function metricsPage(): string {
  return [
    '# What is measured',
    'Made by `npm run metrics-docs` from the table that the program itself works with.',
    '## Metrics',
    '`GET /metrics` answers in the text format of Prometheus: [operations.md](operations.md#monitoring) says how to have ' +
      'it scraped, and [deploy/grafana](../deploy/grafana/README.md) has a dashboard. Besides the labels below, each ' +
      'metric has those that Prometheus gives a target. Shares are 0 … 1.',
    ...Object.entries(SCOPES).map(([scope, title]) => {
      const ofScope = METRICS.filter(({ name }) => name.startsWith(`layerline_${scope}_`));
      return `### ${title}\n\n${table(['metric', 'type', 'labels', 'meaning'], ofScope.map(metricRow))}`;
    }),
    '## Series',
    'The record of a run (`metrics.jsonl`) has these over time; `GET /api/runs/RUN/series` and `layerline export` ' +
      'name them so. `layer-N` stands for each layer.',
    table(
      ['series', 'unit', 'meaning'],
      [
        ...[TEST_ERROR, VALIDATION_ERROR].map((measure) => seriesRow(measure.name, measure)),
        ...[...LAYER_MEASURES, LAYER_TEST_ERROR].map((measure) => seriesRow(`layer-N/${measure.name}`, measure)),
      ],
    ),
  ].join('\n\n');
}

function metricRow({ name, kind, labels, help }: Metric): string[] {
  return [`\`${name}\``, kind, labels.map((label) => `\`${label}\``).join(', '), help];
}

function seriesRow(name: string, { unit, help }: Pick<Measure<never>, 'unit' | 'help'>): string[] {
  return [`\`${name}\``, unit, help];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

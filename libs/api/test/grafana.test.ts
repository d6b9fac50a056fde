import { readFileSync } from 'node:fs';
import t from 'tap';
import { METRICS } from '../src/index.js';

interface Target {
  readonly expr: string;
  readonly legendFormat?: string;
}
interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string; readonly titleFormat: string }[] };
  readonly panels: readonly { readonly type: string; readonly title: string; readonly targets?: readonly Target[] }[];
}

const FILE = new URL('../../../../deploy/grafana/layerline.json', import.meta.url);
const DASHBOARD = JSON.parse(readFileSync(FILE, 'utf8')) as Dashboard;
const LABELS = new Map(METRICS.map(({ name, labels }) => [name, labels]));

/** PromQL's words (names, functions, keywords), strings, durations, numbers and punctuation. */
const TOKEN = /"(?:[^"\\]|\\.)*"|\$?\w+|[=!]~|[=!<>]=|[^\s\w]/g;
/** Words after which labels stand in parentheses. */
const BEFORE_LABELS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const FUNCTIONS = new Set(['rate', 'deriv', 'changes', 'sum', 'label_values']);

/** What a query names: metrics, each with the labels that it is selected by, and labels elsewhere. */
function namesIn(query: string) {
  const tokens = query.match(TOKEN) ?? [];
  const selected: { readonly metric: string; readonly labels: string[] }[] = [];
  const labels: string[] = [];
  const unknown: string[] = [];
  let list: string[] | undefined;
  for (const [place, token] of tokens.entries()) {
    const [before = '', after] = [tokens[place - 1], tokens[place + 1]];
    if (token === '}' || token === ')') list = undefined;
    else if (token === '{') list = selected.at(-1)?.labels;
    else if (token === '(' && BEFORE_LABELS.has(before)) list = labels;
    else if (!/^[a-z]/.test(token) || BEFORE_LABELS.has(token) || FUNCTIONS.has(token)) continue;
    else if (list !== undefined) list.push(token);
    else if (after === '(') unknown.push(token);
    else if (before === ',') labels.push(token);
    else selected.push({ metric: token, labels: [] });
  }
  return { selected, labels, unknown };
}

/** What is wrong with a query, by the table of metrics. @param legend text with labels in double braces */
function faultsOf(query: string, legend = ''): string[] {
  const { selected, labels, unknown } = namesIn(query);
  const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
  const known = new Set(selected.flatMap(({ metric }) => LABELS.get(metric) ?? []));
  return [
    ...unknown.map((name) => `there is no function ${name}`),
    ...(selected.length === 0 ? ['it names no metric'] : []),
    ...selected.flatMap(({ metric, labels }) => {
      const its = LABELS.get(metric);
      if (its === undefined) return [`there is no metric ${metric}`];
      return labels.filter((label) => !its.includes(label)).map((label) => `${metric} has no label ${label}`);
    }),
    ...[...labels, ...shown].filter((label) => !known.has(label)).map((label) => `no metric here has a label ${label}`),
  ];
}

t.test('a wrong name is found wherever it stands', (t) => {
  t.same(faultsOf('rate(layerline_stage_rows_total{run=~"$run", stage="a, b"}[$__rate_interval])', '{{stage}}'), []);
  t.same(faultsOf('layerline_layer_lost{run="a"} > 0.5'), ['there is no metric layerline_layer_lost']);
  t.same(faultsOf('layerline_layer_loss{stage="a"}'), ['layerline_layer_loss has no label stage']);
  t.same(faultsOf('sum by (node) (layerline_layer_loss)'), ['no metric here has a label node']);
  t.same(faultsOf('label_values(layerline_layer_loss, node)'), ['no metric here has a label node']);
  t.same(faultsOf('layerline_layer_loss', '{{node}}'), ['no metric here has a label node']);
  t.same(faultsOf('speed(layerline_layer_loss)'), ['there is no function speed']);
  t.same(faultsOf('1 + 1'), ['it names no metric']);
  t.end();
});

t.test('every query of the dashboard names metrics and labels that there are', (t) => {
  const { panels, templating, annotations } = DASHBOARD;
  for (const { title, type, targets = [] } of panels) {
    if (type !== 'row') t.ok(targets.length > 0, title);
    for (const { expr, legendFormat } of targets) t.same(faultsOf(expr, legendFormat), [], `${title}: ${expr}`);
  }
  for (const { definition } of templating.list) if (definition !== undefined) t.same(faultsOf(definition), []);
  for (const { expr, titleFormat } of annotations.list) t.same(faultsOf(expr, titleFormat), []);
  t.end();
});

t.test('only counters are read as rates, and everything that is measured of layers, stages and links is shown', (t) => {
  const text = readFileSync(FILE, 'utf8');
  for (const { name, kind } of METRICS) {
    if (text.includes(`rate(${name}{`)) t.equal(kind, 'counter', name);
    if (/^layerline_(layer|stage|link)_/.test(name)) t.ok(text.includes(`${name}{`), name);
  }
  t.end();
});

import { METRICS } from '@layerline/api';
import type { Reading, Sample } from '@layerline/api';

/** Of the text format of Prometheus, version 0.0.4. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Everything that is measured, in Prometheus' text format. Metrics without a sample are left out.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function exposition(reading: Reading): string {
  const lines = METRICS.flatMap(({ name, kind, help, samples }) => {
    const found = samples(reading);
    if (found.length === 0) return [];
    return [
      `# HELP ${name} ${escaped(help)}`,
      `# TYPE ${name} ${kind}`,
      ...found.map((sample) => lineOf(name, sample)),
    ];
  });
  return lines.map((line) => `${line}\n`).join('');
}

function lineOf(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numeral(value)}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** As Go's `ParseFloat` reads it. */
function numeral(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

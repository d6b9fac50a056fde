import { bySpeed } from '../engine-speeds.js';
import type { EngineSpeeds } from '../engine-speeds.js';
import { ratio, spread } from '../statistics.js';
import { absenceLines, decimalSpread, markdownTable, times } from './format.js';

/** Layerline's engines side by side, and whether `auto` takes them in the order of their speed. */
export function enginesSection({ layer, threads, speeds, absent }: EngineSpeeds): string {
  const [first] = speeds;
  const rows = speeds.map(({ backend, version, millisecondsPerStep }) => [
    backend,
    version,
    decimalSpread(spread(millisecondsPerStep)),
    times(ratio(millisecondsPerStep, first?.millisecondsPerStep ?? millisecondsPerStep)),
  ]);
  const order = speeds.map(({ backend }) => backend).join(', ');
  const measured = bySpeed(speeds)
    .map(({ backend }) => backend)
    .join(', ');
  const verdict =
    order === measured
      ? 'Here, `auto` tries them in the order of their speed.\n'
      : `Here, \`auto\` does not try them in the order of their speed, which is ${measured}.\n`;
  return [
    '## Engines\n',
    `A training step of a ${layer.units} × ${layer.units} layer with ${layer.rows} rows, with Adam, on ${threads} threads where an ` +
      'engine has them; in the order in which `--engine auto` tries the engines.\n',
    markdownTable(['engine', 'version', 'ms a step', `× as long as ${first?.backend ?? ''}`], rows),
    verdict,
    absenceLines(absent),
  ].join('\n');
}

import type { Advice, Forecast, Machine, Network } from '@layerline/plan';
import { percent, threeDigits, whole, widthsOf } from './format.js';
import { table } from './table.js';

const KILOBYTE = 1e3;
const MEGABYTE = 1e6;
/** What is less than this many times as fast is called as fast. */
const LEAST_GAIN = 1.01;

/** Advice, and what it was given for. */
export interface Advised {
  /** The id of the run, if it is on one. */
  readonly run?: string;
  readonly network: Network;
  readonly machines: readonly Machine[];
  readonly advice: Advice;
}

/** Advice for people: what was looked at, a table of stages, what follows from it, a table of links, and warnings. */
export function describeAdvice(advised: Advised): string {
  const { now, warnings } = advised.advice;
  return [
    headOf(advised),
    stagesOf(advised.advice),
    `${speedOf(now)}. ${bottleneckOf(now)}\n${betterOf(advised)}`,
    linksOf(now),
    ...(warnings.length === 0 ? [] : [warnings.map(({ sentence }) => `Warning: ${sentence}\n`).join('')]),
  ].join('\n');
}

function headOf({ run, network, machines, advice: { now } }: Advised): string {
  const widths = widthsOf(network.layers.map(({ units }) => units));
  const threads = now.threads === 1 ? '1 thread' : `${now.threads} threads`;
  const where = machines.map(({ name, cores, millisecondsPerStep: step }) => {
    const speed = step === undefined ? '' : `, ${step.toFixed(1)} ms/step`;
    return `${name} (${cores === 1 ? '1 core' : `${cores} cores`}${speed})`;
  });
  const what = run === undefined ? '' : `Run ${run}: `;
  return `${what}${widths} in batches of ${whole(network.batch)}, ${threads} for each layer or shard, on ${where.join(', ')}\n`;
}

function stagesOf({ now, best }: Advice): string {
  const isMeasured = now.stages.some(({ measured }) => measured);
  const rows = now.stages.map(({ stage, layer, units, machine, milliseconds, busy, measured }, place) => {
    const isFirst = layer !== null && now.stages[place - 1]?.layer !== layer;
    const index = now.layers.findIndex((each) => each.layer === layer);
    return [
      stage,
      machine,
      units === null ? '' : whole(units),
      milliseconds.toFixed(2),
      percent(busy, 0),
      ...(isMeasured ? [measured ? 'measured' : 'estimated'] : []),
      isFirst ? `${now.shards[index] ?? ''}` : '',
      isFirst ? `${best.shards[index] ?? ''}` : '',
    ];
  });
  const times = ['ms/batch', 'busy', ...(isMeasured ? [''] : [])];
  return table(['stage', 'node', 'units', ...times, 'shards', 'best'], rows);
}

function linksOf({ links }: Forecast): string {
  const rows = links.map(({ from, to, carries, bytesPerBatch, bytesPerSecond }) => [
    carries === 'frames' ? `${from} → ${to}` : `${from} ↔ ${to}`,
    carries,
    threeDigits(bytesPerBatch / KILOBYTE),
    threeDigits(bytesPerSecond / MEGABYTE),
  ]);
  return table(['link', 'carries', 'kB/batch', 'MB/s'], rows);
}

function speedOf({ batchesPerSecond, imagesPerSecond }: Forecast): string {
  return `${threeDigits(batchesPerSecond)} batches/s, ${threeDigits(imagesPerSecond)} images/s`;
}

function bottleneckOf({ bottleneck: { kind, name }, millisecondsPerBatch }: Forecast): string {
  const time = `${millisecondsPerBatch.toFixed(2)} ms`;
  return kind === 'stage'
    ? `The bottleneck is ${name}, which takes ${time} a batch`
    : `The bottleneck is the cores of ${name}, which take ${time} a batch for all of its stages`;
}

/** What the best cut would change, and how to get it. */
function betterOf({ run, advice: { now, best } }: Advised): string {
  const shards = best.shards.join(',');
  if (shards === now.shards.join(',')) return 'No other cut makes it faster\n';
  const times = now.millisecondsPerBatch / best.millisecondsPerBatch;
  const gain =
    times < LEAST_GAIN
      ? `as fast with ${best.stages.length} stages in place of ${now.stages.length}`
      : `${threeDigits(times)} times as fast: ${speedOf(best)}. ${bottleneckOf(best)}`;
  const scale = best.layers.flatMap((layer, index) => {
    return layer.shards === now.shards[index]
      ? []
      : [`layerline scale ${run ?? ''} ${layer.layer} --shards ${layer.shards}`];
  });
  const how = run === undefined ? `--shards ${shards}` : scale.join('; ');
  return `With ${shards} shards, it would be ${gain}\nTo have that: ${how}\n`;
}

import { bestPythonPeer, entrySpread, speedRatio } from '../comparison.js';
import type { Comparison, Entry } from '../comparison.js';
import { OWN_LIBRARY, peakOn } from '../limit.js';
import type { Limit } from '../limit.js';
import { flopPerImage } from '../network.js';
import type { PipelineResult } from '../pipeline.js';
import { ratio, spread } from '../statistics.js';
import { accuracySection } from './accuracy-section.js';
import { enginesSection } from './engines-section.js';
import { absenceLines, markdownTable, megabytes, NONE, percent, times, versionsLine } from './format.js';
import { whole, wholeSpread } from './format.js';
import { OWN, PLOTS } from './plots.js';
import type { Report } from './report.js';
import { shardsSection } from './shards-section.js';
import { simulationSection } from './simulation-section.js';
import { stagesTable } from './stages-table.js';
import { transportSection } from './transport-section.js';
import { watchingSection } from './watching-section.js';

/** The whole report. */
export function markdownReport(report: Report): string {
  const { machine, comparisons, limit, accuracy, engines, pipeline, shards, transport, simulation, watching } = report;
  const commands = report.commands.map((command) => `\`${command}\``).join(', ');
  const repeats = [...new Set(report.repeats)].sort((a, b) => a - b).join(', ');
  const parts = [
    '# Benchmark\n',
    `${machine.cpu}, ${machine.cores} cores, ${whole(machine.memoryBytes / 2 ** 30)} GiB, ${machine.system}, ` +
      `Node ${machine.node}. ${report.date}. Made by ${commands}. ` +
      `Medians of ${repeats} interleaved runs, with the lowest and the highest in brackets.\n`,
    ...(report.complete ? [] : ['**Incomplete:** this was written before the benchmark had come to its end.\n']),
  ];
  if (comparisons.length > 0) parts.push(comparisonSection(comparisons, limit, machine.cores));
  if (limit !== undefined) parts.push(limitSection(limit, machine.cores));
  if (accuracy.length > 0) parts.push(accuracySection(accuracy));
  if (engines !== undefined) parts.push(enginesSection(engines));
  if (pipeline.length > 0) parts.push(pipelineSection(pipeline));
  if (shards !== undefined) parts.push(shardsSection(shards));
  if (transport.length > 0) parts.push(transportSection(transport, simulation?.times));
  if (simulation !== undefined) parts.push(simulationSection(simulation));
  if (watching !== undefined) parts.push(watchingSection(watching));
  return parts.join('\n');
}

function comparisonSection(comparisons: readonly Comparison[], limit: Limit | undefined, cores: number): string {
  const peak = limit && peakOn(limit, cores)?.gflops;
  const intro =
    'Every side trains the same network on the same images with the same recipe in fp32, and may use all cores; of ' +
    'several ways and numbers of threads it has the one that a short try found the fastest. Start-up, compiling and ' +
    'evaluation are not counted.' +
    (peak === undefined
      ? ''
      : ' "Of the peak": arithmetic that is carried out over wall time, of the best sgemm below. Layerline multiplies an ' +
        'image once for both of its rows in the first layer, and is credited with that alone.');
  const sections = comparisons.map((comparison) => comparisonTable(comparison, peak));
  return `## The same work\n\n![Images a second](${PLOTS.comparison})\n\n${intro}\n\n${sections.join('\n')}`;
}

/** One work: a row for each side, with how many times as fast Layerline is. @param peak in GFLOPS */
export function comparisonTable({ work, entries, absent }: Comparison, peak?: number): string {
  const { network, recipe, batch, images, data } = work;
  const own = entries.filter(({ name }) => name.startsWith(OWN));
  const heading = [
    'side',
    'as',
    'images/s',
    ...own.map(({ name }) => `${name} is × as fast`),
    ...(peak === undefined ? [] : ['of the peak']),
    'test error',
  ];
  const rows = entries.map((entry) => [
    entry.name,
    entry.variant + (entry.images < images ? `, ${whole(entry.images)} images` : ''),
    wholeSpread(entrySpread(entry)),
    ...own.map((layerline) => (own.includes(entry) ? NONE : times(speedRatio(layerline, entry)))),
    ...(peak === undefined ? [] : [percent(shareOfPeak(entry, flopPerImage(network, own.includes(entry)), peak))]),
    entry.testError === undefined ? NONE : percent(entry.testError, 1),
  ]);
  const title = `### ${network.name}, ${recipe.optimizer}\n`;
  const subtitle = `${whole(images)} images of ${data.reference.name}, batches of ${batch} + ${batch} rows, ${recipe.objective} objective.\n`;
  const table = markdownTable(heading, rows);
  return [title, subtitle, table, ratioLines(own, entries), versionsLine(entries), absenceLines(absent)].join('\n');
}

/** The share of the machine's arithmetic that a side sustains. */
function shareOfPeak(entry: Entry, flop: number, peak: number): number {
  return (entrySpread(entry).median * flop) / (peak * 1e9);
}

/** How fast each row of Layerline is beside the fastest Python peer, in words. */
function ratioLines(own: readonly Entry[], entries: readonly Entry[]): string {
  const peer = bestPythonPeer(entries);
  if (peer === undefined) return '';
  const lines = own.map((entry) => {
    return `${entry.name} is ${times(speedRatio(entry, peer))} × the best Python peer, ${peer.name}.\n`;
  });
  return lines.join('\n');
}

function limitSection(limit: Limit, cores: number): string {
  const libraries = [...new Set(limit.peaks.map(({ library }) => library))];
  const rows = libraries.map((library) => {
    const cells = [1, cores].map((threads) => {
      const peak = peakOn(limit, threads, library);
      return peak === undefined ? NONE : whole(peak.gflops);
    });
    const version = limit.peaks.find((peak) => peak.library === library)?.version ?? '';
    return [`${library} ${version}${library === OWN_LIBRARY ? ' (Layerline’s engine)' : ''}`, ...cells];
  });
  return [
    '## The limit\n',
    'The fastest product of two square matrices in single precision, in GFLOPS.\n',
    markdownTable(['library', 'one core', `${cores} cores`], rows),
    absenceLines(limit.absent),
  ].join('\n');
}

function pipelineSection(results: readonly PipelineResult[]): string {
  const speeds = results.map(({ network, imagesPerSecond, sameWeights }) => {
    const pipeline = imagesPerSecond.pipeline;
    return [
      `${network.layers.length}: ${network.name}`,
      ...Object.values(imagesPerSecond).map((rates) => wholeSpread(spread(rates))),
      times(ratio(pipeline, imagesPerSecond['one process, one core'])),
      times(ratio(pipeline, imagesPerSecond['one process'])),
      sameWeights ? 'yes' : 'NO',
    ];
  });
  const heading = ['layers', ...Object.keys(results[0]?.imagesPerSecond ?? {}).map((mode) => `${mode}, images/s`)];
  const ratios = ['pipeline ÷ one core', 'pipeline ÷ one process', 'same weights'];
  return [
    '## The pipeline\n',
    `![Images a second in one process and as a pipeline](${PLOTS.pipeline})\n`,
    'Networks whose layers all take about the same time; batches of 100 + 100 rows.\n',
    markdownTable([...heading, ...ratios], speeds),
    ...results.map(stageTable),
  ].join('\n');
}

/** Where each process's time and memory went. */
export function stageTable({ network, stages, singleProcessBytes }: PipelineResult): string {
  const single = singleProcessBytes === undefined ? '' : `In one process: ${megabytes(singleProcessBytes)}.\n`;
  return [stagesTable(network.name, stages), single].join('\n');
}

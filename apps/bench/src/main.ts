import { join } from 'node:path';
import { Command } from 'commander';
import envPaths from 'env-paths';
import { measure } from './benchmark.js';
import { followSignals } from './interruption.js';
import { PARTS, readOptions } from './options.js';
import type { RawOptions } from './options.js';
import type { Report } from './report/report.js';
import { writeReport } from './report/write.js';

const HELP = `
Measures on this machine: leave it alone meanwhile. Without options it takes some four hours; with --quick, minutes.
The report is written after each part. Ctrl-C ends the benchmark, and leaves a report of what was measured until then.

The Python peers (PyTorch, JAX) run in a virtual environment that is set up in the cache, with the packages of the index
that pip is set to. Without Python, or without a network the first time, they are left out, and the report says so.
MNIST is taken from LAYERLINE_DATA or the cache, where --images are whole epochs of it; else the built-in digits.

"accuracy" is the time until a test error is reached. Each training has --accuracy-epochs planned, over which its learning
rate falls to 0: the times depend on that number.

Examples:
  npm run bench -- --quick
  npm run bench -- --only peers --networks 784-1000x3 --optimizers adam
  npm run bench -- --only accuracy --accuracy-epochs 6 --repeats 1 --add
  npm run bench -- --only pipeline --pipeline-layers 1,2 --repeats 9`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const command = new Command('bench')
  .description(
    'Measures how fast Layerline trains, beside other programs for the same work and the limit of the machine.',
  )
  .option('--quick', 'one small network, few images, two repeats')
  .option('--only <parts>', `${PARTS.join(', ')}, or some of them`)
  .option('--networks <names>', 'such as 784-1000x3,784-500-500')
  .option('--optimizers <names>', 'sgd, adam or both')
  .option('--objective <name>', 'silu (default) or threshold')
  .option('--images <n>', 'training images of each run: whole epochs')
  .option('--repeats <n>', 'runs of each side')
  .option('--accuracy-epochs <n>', 'epochs of each training whose accuracy is followed')
  .option('--seconds-per-run <n>', 'longest run of a peer, which gets fewer images where it is slower')
  .option('--trial-images <n>', 'images of the short tries that find each peer its fastest way')
  .option('--data <name>', 'auto (default), mnist or digits')
  .option('--pipeline-layers <counts>', 'numbers of layers that the pipeline is measured with')
  .option('--python <command>', 'the Python to make the environment with', 'python3')
  .option('--no-python', 'leave the Python peers out')
  .option('--upgrade', 'look for newer Python packages')
  .option('--out <folder>', 'folder for the report', 'bench-results')
  .option('--add', 'add to the report that is there: what is measured again takes its place')
  .showSuggestionAfterError()
  .addHelpText('after', HELP)
  .action(async (raw: RawOptions) => {
    const options = readOptions(raw);
    const typed = ['npm run bench --', ...process.argv.slice(2)].join(' ');
    const cache = join(envPaths('layerline', { suffix: '' }).cache, 'bench');
    const interruptedBy = followSignals();
    let report: Report | undefined;
    for await (report of measure(options, typed, cache, say)) await writeReport(options.out, report);
    say(report === undefined ? 'Nothing was measured' : `Report: ${join(options.out, 'report.md')}`);
    if (report?.complete !== true) process.exitCode = interruptedBy() ?? 1;
  });

try {
  await command.parseAsync();
} catch (error) {
  const { code, message, stack } = error as Error & { readonly code?: unknown };
  const known = typeof code === 'string' && code.startsWith('ERR_');
  say(`bench: ${known ? message : (stack ?? message)}`);
  process.exitCode = code === 'ERR_BENCH_OPTION' ? 2 : 1;
}

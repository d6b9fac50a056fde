import { fileURLToPath } from 'node:url';

const HOSTILE = fileURLToPath(new URL('../../../foreign/hostile.mjs', import.meta.url));

/** Of which the second does harm. As wide as its input, since it passes rows on where it does none. */
export const NETWORK = ['--dataset', 'digits', '--layers', '32,32,24', '--epochs', '1', '--batch', '250'] as const;

const REPORTS = /^layer-2 .* failed: it sent a report, which only the evaluator may do/;
/** What a node says last of a stage that it ends. */
const ended = (why: string): RegExp => new RegExp(`^layer-2 .* was killed by SIGKILL[^]*layer-2 ${why}`);
const NO_MESSAGE = "sent something that is not a stage's message, so its node ended it: ";
/** What a layer does of itself, and what its run goes back for. */
export const BY_ITSELF: Readonly<Record<string, RegExp>> = {
  'the-end': REPORTS,
  accuracy: REPORTS,
  'a-snapshot': REPORTS,
  depth: ended(`${NO_MESSAGE}A message is nested more than 32 levels deep`),
  length: ended(`${NO_MESSAGE}A message has \\d+ bytes: the most is \\d+`),
  garbage: ended(NO_MESSAGE),
  flood: ended('sent more than 10 events a second, so its node ended it'),
};

const DUE = /^layer-3 .* failed: layer-2 sent .* was due: a frame was lost, doubled or changed/;
/** What it does to a neighbour, and what that one says of it. */
export const TO_NEIGHBOURS: Readonly<Record<string, RegExp>> = {
  greed: /^layer-1 .* failed: layer-2 grants 4503599627370496 bytes, and \d+ would be under way: the most is \d+/,
  debt: /^layer-1 .* failed: layer-2 sent something that is not a credit/,
  drop: DUE,
  double: DUE,
  end: DUE,
  nan: /^layer-3 .* failed: layer-2 sent activations that are not finite numbers, in batch 3 of epoch 1/,
  infinity: /^layer-3 .* failed: layer-2 sent activations that are not finite numbers, in batch 3 of epoch 1/,
  'goodness-nan':
    /^layer-3 .* failed: layer-2 sent goodness\/layer-1 that are not finite numbers, in batch 3 of epoch 1/,
  'goodness-gone': /^layer-3 .* failed: layer-2 sent no goodness\/layer-1, where 500 × 1 f32 were due/,
  'goodness-more': /^layer-3 .* failed: layer-2 sent a block goodness\/layer-9, which the plan does not have/,
  'no-frame': /^layer-3 .* failed: layer-2 sent something that is not a frame: A frame does not start with LLF1/,
  'no-binary': /^layer-3 .* failed: layer-2 sent text where a frame was due/,
  'too-large': /^layer-3 .* failed: layer-2 sent something other than a frame of at most \d+ bytes/,
  'hang-up': /^layer-[13] .* failed: Lost the connection with layer-2/,
};

export const WAYS: readonly string[] = [...Object.keys(BY_ITSELF), ...Object.keys(TO_NEIGHBOURS)];

/** Options of a node that offers hostile programs, each by the name of its way. @param more arguments of theirs */
export function offering(ways: readonly string[], ...more: readonly string[]): string[] {
  return ways.flatMap((way) => ['--program', `${way}=${[process.execPath, HOSTILE, way, ...more].join(' ')}`]);
}

/** Options of a run in which a hostile program is the second layer. */
export function hostileRun(way: string): string[] {
  return [...NETWORK, '--programs', `layer-2=${way}`];
}

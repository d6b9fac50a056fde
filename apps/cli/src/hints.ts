const ONLY_PROCESSORS = 'it computes on processors alone, and --engine says with what';

/** What people type elsewhere, and what it is called here; what begins with no dash is said as it is. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  '-e': '--epochs',
  '-b': '--batch',
  '-o': '--out',
  '--lr': '--learning-rate',
  '--batch-size': '--batch',
  '--bs': '--batch',
  '--device': ONLY_PROCESSORS,
  '--gpu': ONLY_PROCESSORS,
  '--cuda': ONLY_PROCESSORS,
  '--run-name': '--name',
  '--lr-decay': '--schedule, or --decay-by for --schedule steps',
  '--hidden': '--layers',
  '--hidden-size': '--layers',
  '--num-epochs': '--epochs',
  '--max-epochs': '--epochs',
  '--wd': '--weight-decay',
  '--opt': '--optimizer',
  '--loss': '--objective',
  '--theta': '--threshold',
  '--lr-scheduler': '--schedule',
  '--num-workers': '--threads, or --shards',
  '--workers': '--threads, or --shards',
  '--output-dir': '--out',
  '--output': '--out',
  '--data': '--dataset',
  '--data-path': '--dataset',
  '--save-every': '--snapshot-every',
  '--checkpoint': '--resume',
  '--verbose': '--events',
};

/**
 * What is printed about an option that is not known here but elsewhere.
 * @param text Commander's @param args of the command line: hints are for those commands that take the settings of a training
 */
export function hintFor(text: string, args: readonly string[] = process.argv.slice(2)): string {
  const [, option = ''] = /unknown option '(--?[\w-]+)/.exec(text) ?? [];
  const meant = ['train', 'plan', 'summary'].includes(args[0] ?? '') ? ELSEWHERE[option] : undefined;
  if (meant === undefined) return text;
  return `error: unknown option '${option}' (${meant.startsWith('--') ? `here it is ${meant}` : meant})\n`;
}

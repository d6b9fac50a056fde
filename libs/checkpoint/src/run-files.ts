/** What a run's folder has in it. */
export const RUN_FILES = {
  config: 'config.json',
  state: 'state.json',
  journal: 'journal.json',
  metrics: 'metrics.jsonl',
  history: 'history.jsonl',
  log: 'log.jsonl',
  snapshots: 'snapshots',
  looks: 'looks',
  model: 'model',
} as const;

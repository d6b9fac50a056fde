import type { LayerlineResult } from '../contestants/layerline.js';
import { markdownTable, megabytes, NONE, percent } from './format.js';

const NO_TIME = { busy: 0, waitingForInput: 0, waitingForCredit: 0 } as const;

/** Where each process's time and memory went in a run. @param name of what was trained */
export function stagesTable(name: string, stages: LayerlineResult['stages']): string {
  const rows = stages.map(({ stage, seconds, bytesSent, peakMemoryBytes }) => {
    const { busy, waitingForInput, waitingForCredit } = seconds ?? NO_TIME;
    const total = busy + waitingForInput + waitingForCredit;
    return [
      stage,
      ...[busy, waitingForInput, waitingForCredit].map((spent) => (total === 0 ? NONE : percent(spent / total))),
      bytesSent === null ? NONE : megabytes(bytesSent),
      peakMemoryBytes === null ? NONE : megabytes(peakMemoryBytes),
    ];
  });
  const heading = ['stage', 'busy', 'waiting for input', 'waiting for credit', 'sent', 'peak memory'];
  return [`Stages of ${name}:\n`, markdownTable(heading, rows)].join('\n');
}

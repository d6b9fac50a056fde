import { ratio, spread } from '../statistics.js';
import { AUDIENCES } from '../watching.js';
import type { Watching } from '../watching.js';
import { absenceLines, decimalSpread, markdownTable, NONE, times, whole } from './format.js';

/** What it costs a run's stages to be watched. */
export function watchingSection({ work, milliseconds, sameWeights, absent }: Watching): string {
  const { network, recipe, images, data } = work;
  const { nobody } = milliseconds;
  const rows = AUDIENCES.flatMap((audience) => {
    const measured = milliseconds[audience];
    if (measured === undefined) return [];
    const compared = audience === 'nobody' || nobody === undefined ? NONE : times(ratio(measured, nobody), 3);
    return [[audience, decimalSpread(spread(measured)), compared]];
  });
  return [
    '## Being watched\n',
    `${network.name}, ${recipe.optimizer}, ${whole(images)} images of ${data.reference.name}: processor time of all stages a batch, without ` +
      'observations and dashboard; with them and the charts open in a browser on the same machine; and with ten ' +
      `others who follow the run's events. ${sameWeights ? 'All gave the same weights.' : '**The weights differ.**'}\n`,
    markdownTable(['watched by', 'ms a batch', '× as much as by nobody'], rows),
    absenceLines(absent),
  ].join('\n');
}

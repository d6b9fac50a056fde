import { whole } from '../display/format.js';
import { cellsOf } from './cells.js';
import { plotsOf } from './plots.js';
import type { Ranked } from './ranking.js';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #24292f; background: #fff; max-width: 860px; margin: 32px auto; padding: 0 16px; }
h1 { font-size: 26px; } h2 { margin-top: 36px; font-size: 19px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 5px 10px; border-bottom: 1px solid #d0d7de; vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr.best td { background: #ddf4ff; }
.scroll { overflow-x: auto; } .dim { color: #57606a; }
svg { max-width: 100%; height: auto; margin: 12px 0; }`;

/** A sweep's report: one page that needs nothing else. @param keys that its settings differ in @param trials how many there are in all */
export function reportOf(name: string, keys: readonly string[], ranked: readonly Ranked[], trials: number): string {
  const over = ranked.reduce((sum, each) => sum + each.trials.length, 0);
  const early = countOf(ranked, 'ended-early');
  const failed = countOf(ranked, 'failed');
  const said = [
    `${whole(over)} of ${whole(trials)} trials are over`,
    ...(early > 0 ? [`${whole(early)} of them ended early`] : []),
    ...(failed > 0 ? [`${whole(failed)} failed`] : []),
  ];
  const heads = [...keys, 'validation error', 'test error', 'training', 'trials'];
  const isNumber = (place: number): string => (place >= keys.length ? ' class="number"' : '');
  const head = heads.map((text, place) => `<th scope="col"${isNumber(place)}>${escaped(text)}</th>`).join('');
  const rows = ranked.map((each, rank) => {
    const cells = cellsOf(each, keys).map((text, place) => `<td${isNumber(place)}>${escaped(text)}</td>`);
    return `<tr${rank === 0 && each.validationError !== undefined ? ' class="best"' : ''}>${cells.join('')}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(name)}: a sweep by Layerline</title>
<style>${STYLE}
</style>
</head>
<body>
<h1>${escaped(name)}</h1>
<p class="dim">${escaped(said.join(', '))}. Settings are chosen by the error on rows of the training set that are held out; the test error stands beside it.</p>
<h2>Settings, the best first</h2>
<div class="scroll"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
<h2>Plots</h2>
${plotsOf(ranked, keys).join('\n')}
</body>
</html>
`;
}

function countOf(ranked: readonly Ranked[], state: string): number {
  return ranked.reduce((sum, { trials }) => sum + trials.filter(({ outcome }) => outcome.state === state).length, 0);
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

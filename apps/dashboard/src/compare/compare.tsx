import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { ChartGrid } from '../charts/chart-grid.js';
import '../charts/charts.css';
import { PALETTE_SIZE, paletteStyle } from '../charts/theme.js';
import { Toolbar } from '../charts/toolbar.js';
import { CompareScene } from './compare-scene.js';
import './compare.css';
import { ConfigTable } from './config-table.js';
import { groupBySeed } from './configs.js';
import { highlighting } from './highlight.js';
import { linesOf, strandsOf } from './lines.js';
import { ResultsTable } from './results-table.js';
import { slotsFor } from './run-colours.js';
import { RunPicker } from './run-picker.js';

/** Runs side by side: their results, the settings in which they differ, and all their charts in one. */
export function Compare({ runs: chosen }: { readonly runs: readonly string[] }): JSX.Element {
  const scene = useMemo(() => new CompareScene(), []);
  const layer = useSignal<number | undefined>(undefined);
  const bySeed = useSignal(true);
  const ids = chosen.join();
  useEffect(() => {
    scene.start();
    return () => scene.stop();
  }, [scene]);
  useEffect(() => scene.choose(chosen), [scene, ids]);
  const slots = useMemo(() => slotsFor(chosen, PALETTE_SIZE), [ids]);

  const runs = [...scene.runs.value.values()];
  const layers = Math.max(0, ...runs.map((run) => run.layers));
  const shownLayer = Math.min(layer.value ?? layers - 1, layers - 1);
  const styleOf = (run: string) => paletteStyle(slots[run] ?? 0);
  const strands = strandsOf(runs, bySeed.value, styleOf);
  const strandOf = (run: string) => strands.find((strand) => strand.runs.some(({ id }) => id === run));
  const highlight = highlighting(
    scene.view.focus,
    (run) => strandOf(run)?.key ?? run,
    // Tables show the lines that charts have.
    (run) => strandOf(run)?.style ?? styleOf(run),
  );
  return (
    <div class="charts compare">
      <RunPicker chosen={chosen} styleOf={(run) => (chosen.includes(run) ? highlight.styleOf(run) : undefined)} />
      {[...scene.failures.value].map(([id, message]) => (
        <p key={id} class="charts-note bad">
          {id}: {message}
        </p>
      ))}
      {runs.length === 0 ? (
        <p class="charts-note">{chosen.length === 0 ? 'Choose runs to see them side by side.' : 'Loading runs …'}</p>
      ) : (
        <>
          <ResultsTable runs={runs} layer={shownLayer} highlight={highlight} />
          <ConfigTable runs={runs} highlight={highlight} />
          <Toolbar scene={scene} choices={strands} live={runs.some(({ ended }) => !ended)}>
            <LayerChoice layers={layers} layer={shownLayer} onChoose={(next) => (layer.value = next)} />
            {groupBySeed(runs).length < runs.length && (
              <label>
                <input type="checkbox" checked={bySeed.value} onChange={() => (bySeed.value = !bySeed.value)} />
                Seeds as bands
              </label>
            )}
          </Toolbar>
          <ChartGrid scene={scene} linesOf={({ name }) => linesOf(strands, name, shownLayer)} />
        </>
      )}
    </div>
  );
}

interface LayerChoiceProps {
  readonly layers: number;
  readonly layer: number;
  readonly onChoose: (layer: number) => void;
}

function LayerChoice({ layers, layer, onChoose }: LayerChoiceProps): JSX.Element {
  return (
    <label>
      <span>Layer</span>
      <select value={layer} onChange={({ currentTarget }) => onChoose(Number(currentTarget.value))}>
        {Array.from({ length: layers }, (_, index) => (
          <option key={index} value={index}>
            {index + 1}
          </option>
        ))}
      </select>
    </label>
  );
}

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ChartDrawing } from './chart-drawing.js';
import { csvAddress, savePng, saveSvg } from './export.js';
import type { Line } from './lines.js';

interface ChartMenuProps {
  readonly title: string;
  /** Undefined before the chart is there to be drawn. */
  readonly drawing: ChartDrawing | undefined;
  readonly wide: boolean;
  readonly onWiden: () => void;
}

/** What can be done with a chart: look at it larger, and take it along. */
export function ChartMenu({ title, drawing, wide, onWiden }: ChartMenuProps): JSX.Element {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => closeOutside(menu.current), []);
  const act = (action: (drawing: ChartDrawing) => void) => () => {
    if (drawing !== undefined) action(drawing);
    if (menu.current !== null) menu.current.open = false;
  };
  const lines = drawing?.spec.lines ?? [];
  const runs = [...new Set(lines.map(({ run }) => run))];
  return (
    <div class="chart-tools">
      <button
        type="button"
        class="quiet"
        aria-pressed={wide}
        aria-label={`Enlarge ${title}`}
        title="Enlarge"
        onClick={onWiden}
      >
        <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
          <path d={wide ? 'M6 1v5H1M8 13V8h5' : 'M8 1h5v5M6 13H1V8M13 1L8.5 5.5M1 13l4.5-4.5'} />
        </svg>
      </button>
      <details ref={menu}>
        <summary aria-label={`Save ${title}`} title="Save">
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <path d="M7 1v8M3.5 6L7 9.5 10.5 6M1.5 12.500h11" />
          </svg>
        </summary>
        <div class="menu">
          <button type="button" onClick={act(savePng)}>
            PNG
          </button>
          <button type="button" onClick={act(saveSvg)}>
            SVG
          </button>
          {runs.map((run) => (
            <a key={run} download href={csvAddress(run, namesOf(lines, run))}>
              {runs.length === 1 ? 'CSV, all points' : `CSV of ${run}`}
            </a>
          ))}
        </div>
      </details>
    </div>
  );
}

function namesOf(lines: readonly Line[], run: string): string[] {
  return lines.filter((line) => line.run === run).map(({ name }) => name);
}

/** A menu that is open closes when something else is clicked, or on Escape. @returns what ends that */
function closeOutside(menu: HTMLDetailsElement | null): () => void {
  const ends = new AbortController();
  const { signal } = ends;
  const close = (event: Event): void => {
    if (menu === null || !menu.open) return;
    if (event instanceof KeyboardEvent ? event.key === 'Escape' : !menu.contains(event.target as Node))
      menu.open = false;
  };
  document.addEventListener('pointerdown', close, { signal });
  document.addEventListener('keydown', close, { signal });
  return () => ends.abort();
}

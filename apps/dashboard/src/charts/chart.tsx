import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { ChartDrawing } from './chart-drawing.js';
import type { ChartSpec } from './chart-drawing.js';
import { ChartMenu } from './chart-menu.js';
import { formatValue } from './format.js';
import { Legend, Place, shownValue } from './legend.js';
import type { Scene } from './scene.js';

/** Of marks at one place. */
const MOST_LABELS = 3;

interface ChartProps {
  readonly spec: ChartSpec;
  readonly scene: Scene;
}

/** A chart of one measure: every line that has it. Left out if all of its lines are hidden. */
export function Chart({ spec, scene }: ChartProps): JSX.Element | null {
  const { hidden } = scene.view;
  if (spec.lines.every(({ key }) => hidden.value.has(key))) return null;
  // Other lines make another chart: it has other data to ask for.
  const signature = JSON.stringify(spec.lines.map(({ run, name, key, style, pace }) => [run, name, key, style, pace]));
  return <OneChart key={signature} spec={spec} scene={scene} />;
}

function OneChart({ spec, scene }: ChartProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const drawing = useSignal<ChartDrawing | undefined>(undefined);
  const wide = useSignal(false);
  const title = useId();
  useEffect(() => {
    if (host.current === null) return;
    const begun = new ChartDrawing(host.current, spec, scene);
    begun.start();
    drawing.value = begun;
    return () => begun.stop();
  }, []);
  return (
    <figure class={`chart ${wide.value ? 'wide' : ''}`} data-chart={spec.id}>
      <figcaption>
        <h4 id={title} title={spec.help}>
          {spec.title}
        </h4>
        <Place view={scene.view} />
        <ChartMenu
          title={spec.title}
          drawing={drawing.value}
          wide={wide.value}
          onWiden={() => (wide.value = !wide.value)}
        />
      </figcaption>
      <div
        class="plot"
        ref={host}
        tabIndex={0}
        role="application"
        aria-roledescription="chart"
        aria-label={drawing.value === undefined ? spec.title : description(drawing.value)}
        aria-keyshortcuts="ArrowLeft ArrowRight + - Escape"
      >
        {drawing.value && <Note drawing={drawing.value} />}
      </div>
      {drawing.value && <Legend drawing={drawing.value} unit={spec.unit} />}
    </figure>
  );
}

/** What a chart shows, for those who do not see it. */
function description({ spec, traces, scene }: ChartDrawing): string {
  const values = traces.value.map((trace) => {
    const value = shownValue(trace, scene.view);
    return `${trace.label}: ${value === undefined ? 'no value' : formatValue(value, spec.unit)}`;
  });
  return `${spec.title}. ${spec.help}. Values: ${values.join(', ')}`;
}

/** Over the half of a chart that the pointer is not in: what went wrong, or what happened where it is. */
function Note({ drawing }: { readonly drawing: ChartDrawing }): JSX.Element | null {
  const failure = drawing.failure.value;
  if (failure !== undefined) return <p class="plot-note bad">{failure}</p>;
  const note = drawing.markNote.value;
  if (note === undefined) return null;
  return (
    <ul class={`plot-note ${note.left ? '' : 'left'}`}>
      {note.labels.slice(0, MOST_LABELS).map((label) => (
        <li key={label}>{label}</li>
      ))}
    </ul>
  );
}

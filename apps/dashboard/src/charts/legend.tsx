import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { nearest } from './axis.js';
import type { ChartDrawing } from './chart-drawing.js';
import { formatPlace, formatValue } from './format.js';
import type { Unit } from './format.js';
import type { Trace } from './lines.js';
import { Swatch } from './swatch.js';
import type { ChartView } from './view.js';

/**
 * The value of a trace where the pointer is, or else the last that is shown: smoothed, if that is what the eye follows. What has
 * been zoomed into has points beyond the edge of the picture too.
 */
export function shownValue({ xs, last, smooth }: Trace, { hover, zoom }: ChartView): number | undefined {
  const place = hover.value ?? zoom.value?.[1];
  const index = place === undefined ? xs.length - 1 : nearest(xs, place);
  return (smooth.length > 0 ? smooth : last)[index];
}

/** What a chart's lines are, and their values where the pointer is, on whichever chart it is. */
export function Legend({ drawing, unit }: { readonly drawing: ChartDrawing; readonly unit: Unit }): JSX.Element {
  const { view } = drawing.scene;
  return (
    <ul class="legend">
      {drawing.traces.value.map((trace) => (
        <li
          key={trace.key}
          class={view.focus.value === undefined || view.focus.value === trace.key ? '' : 'dim'}
          onPointerEnter={() => (view.focus.value = trace.key)}
          onPointerLeave={() => (view.focus.value = undefined)}
        >
          <Swatch style={trace.style} />
          <span class="legend-label">{trace.label}</span>
          <Value trace={trace} drawing={drawing} unit={unit} />
        </li>
      ))}
    </ul>
  );
}

function Value({
  trace,
  drawing,
  unit,
}: {
  readonly trace: Trace;
  readonly drawing: ChartDrawing;
  readonly unit: Unit;
}): JSX.Element {
  const value = shownValue(trace, drawing.scene.view);
  return <span class="legend-value">{value === undefined ? '' : formatValue(value, unit)}</span>;
}

/** Where the pointer is on the x axis, on whichever chart it is. */
export function Place({ view }: { readonly view: ChartView }): JSX.Element {
  const place = useComputed(() => {
    const { value } = view.hover;
    return value === undefined ? '' : formatPlace(value, view.axis.value);
  });
  return <span class="chart-place">{place}</span>;
}

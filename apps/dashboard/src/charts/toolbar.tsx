import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { X_AXES } from './axis.js';
import { AXIS_NAMES } from './export.js';
import { whole } from '../format.js';
import type { LineStyle } from './lines.js';
import { changeAxis } from './scene.js';
import type { Scene } from './scene.js';
import { Swatch } from './swatch.js';
import type { ChartView } from './view.js';

/** A line, or several, that can be hidden in all charts. */
export interface Choice {
  readonly key: string;
  readonly label: string;
  readonly style: LineStyle;
}

/** Strengths of smoothing that differ visibly. */
const SMOOTHINGS = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999];

interface ToolbarProps {
  readonly scene: Scene;
  readonly choices: readonly Choice[];
  /** Whether more is to come: a run that has ended is not followed. */
  readonly live: boolean;
  /** Further controls of those that show the charts. */
  readonly children?: ComponentChildren;
}

/** What all charts below have in common. */
export function Toolbar({ scene, choices, live, children }: ToolbarProps): JSX.Element {
  const { view } = scene;
  return (
    <div class="chart-bar" role="group" aria-label="How charts are drawn">
      <div class="chart-bar-row">
        <label>
          <span>X axis</span>
          <select
            value={view.axis.value}
            onChange={({ currentTarget }) => {
              const axis = X_AXES.find((one) => one === currentTarget.value);
              if (axis !== undefined) changeAxis(scene, axis);
            }}
          >
            {X_AXES.map((axis) => (
              <option key={axis} value={axis}>
                {AXIS_NAMES[axis]}
              </option>
            ))}
          </select>
        </label>
        <Smoothing smoothing={view.smoothing} />
        <div class="toggles" role="group" aria-label="Logarithmic axes and marks">
          <Toggle on={view.logX} label="Log x" />
          <Toggle on={view.logY} label="Log y" />
          <Toggle on={view.marks} label="Events" />
        </div>
        {children}
        <div class="chart-bar-end">
          <Following view={view} live={live} />
          <CopyLink />
        </div>
      </div>
      <Choices view={view} choices={choices} />
    </div>
  );
}

function Smoothing({ smoothing }: { readonly smoothing: Signal<number> }): JSX.Element {
  const index = SMOOTHINGS.findLastIndex((one) => one <= smoothing.value);
  return (
    <label class="smoothing">
      <span>Smoothing</span>
      <input
        type="range"
        min={0}
        max={SMOOTHINGS.length - 1}
        value={index}
        aria-valuetext={smoothing.value === 0 ? 'none' : String(smoothing.value)}
        onInput={({ currentTarget }) => (smoothing.value = SMOOTHINGS[Number(currentTarget.value)] ?? 0)}
      />
      <output>{smoothing.value === 0 ? 'none' : smoothing.value}</output>
    </label>
  );
}

function Toggle({ on, label }: { readonly on: Signal<boolean>; readonly label: string }): JSX.Element {
  return (
    <button type="button" class="toggle" aria-pressed={on.value} onClick={() => (on.value = !on.value)}>
      {label}
    </button>
  );
}

/** Whether what comes is shown, and the way back to that. */
function Following({ view, live }: { readonly view: ChartView; readonly live: boolean }): JSX.Element | null {
  const missed = view.missed.value;
  if (!view.frozen.value) return live ? <span class="following">Following</span> : null;
  return (
    <span class="frozen" role="status">
      <span>
        {live ? 'Frozen' : 'Zoomed'}
        {missed > 0 && ` · ${whole(missed)} new ${missed === 1 ? 'point' : 'points'}`}
      </span>
      <button type="button" onClick={() => view.follow()}>
        {live ? 'Follow' : 'Show all'}
      </button>
    </span>
  );
}

function CopyLink(): JSX.Element {
  const copied = useSignal(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(location.href);
    copied.value = true;
    setTimeout(() => (copied.value = false), 1500);
  };
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      {copied.value ? 'Copied' : 'Copy link'}
    </button>
  );
}

function Choices({
  view,
  choices,
}: {
  readonly view: ChartView;
  readonly choices: readonly Choice[];
}): JSX.Element | null {
  if (choices.length < 2) return null;
  const keys = choices.map(({ key }) => key);
  return (
    <div class="choices" role="group" aria-label="Lines">
      {choices.map(({ key, label, style }) => (
        <button
          key={key}
          type="button"
          class="choice"
          aria-pressed={!view.hidden.value.has(key)}
          title="Show or hide; with shift, show alone"
          onClick={(event) => (event.shiftKey ? view.isolate(key, keys) : view.toggle(key))}
          onPointerEnter={() => (view.focus.value = key)}
          onPointerLeave={() => (view.focus.value = undefined)}
        >
          <Swatch style={style} />
          {label}
        </button>
      ))}
    </div>
  );
}

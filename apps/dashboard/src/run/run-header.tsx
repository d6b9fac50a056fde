import type { RunStatus } from '@layerline/api';
import type { ComponentChildren } from 'preact';
import { Controls } from '../controls/controls.js';
import type { LiveRun } from '../data/live-run.js';
import type { LiveState, Plan } from '../data/run-state.js';
import { imagesPerSecond } from '../data/training-rate.js';
import { duration, NONE, percent, perSecond, whole } from '../format.js';
import { ProgressBar } from '../ui/progress-bar.js';
import { Sparkline } from '../ui/sparkline.js';
import { StatePill } from '../ui/state-pill.js';
import { ConnectionBadge } from './connection-badge.js';
import { networkOf, shareDone, standingOf } from './standing.js';

/** What a run is, how far it is, and what can be done with it. */
export function RunHeader({ live, state }: { readonly live: LiveRun; readonly state: LiveState }) {
  const { status, plan } = state;
  return (
    <header class="run-header">
      <div class="run-title">
        <div class="run-name">
          <div class="run-state">
            <h1>{status.id}</h1>
            <span aria-live="polite">
              <StatePill {...standingOf(status)} />
            </span>
            <ConnectionBadge live={live} />
          </div>
          <p class="run-about">{about(status, plan)}</p>
        </div>
        <Controls live={live} status={status} />
      </div>
      <ProgressBar share={shareDone(status)} label="Training images seen" parts={status.epochs} />
      <Figures state={state} />
    </header>
  );
}

function about({ units, engine, restarts, exact }: RunStatus, { dataset, layers, seed }: Plan): string {
  return [
    dataset.name,
    networkOf(units, layers[0]?.inputs),
    engine,
    `seed ${seed}`,
    ...(restarts === 0 ? [] : [`${whole(restarts)} ${restarts === 1 ? 'restart' : 'restarts'}`]),
    ...(exact ? [] : ['inexact: it has gone on with other numerics']),
  ].join(' · ');
}

function Figures({ state }: { readonly state: LiveState }) {
  const { status, progress, evaluations } = state;
  const { epoch, epochs, images, imagesInAll, trainSeconds } = status;
  const isRunning = status.state === 'running';
  const lately = isRunning ? imagesPerSecond(progress) : undefined;
  const rate = lately ?? (trainSeconds > 0 ? images / trainSeconds : undefined);
  const left = rate === undefined || rate === 0 || !isRunning ? undefined : (imagesInAll - images) / rate;
  const errors = evaluations.map((evaluation) => evaluation.testError);
  const held = evaluations.at(-1)?.validationError;
  // A run that was taken up again has evaluations of which its status does not know.
  const testError = status.testError ?? errors.at(-1);
  return (
    <dl class="run-figures">
      <Figure
        name="Done"
        value={percent(shareDone(status), 1)}
        note={`${whole(images)} of ${whole(imagesInAll)} images`}
      />
      <Figure name="Epoch" value={epoch === 0 ? NONE : whole(epoch)} note={`of ${whole(epochs)}`} />
      <Figure
        name="Speed"
        value={rate === undefined ? NONE : perSecond(rate, 'images')}
        note={lately === undefined ? 'on average' : 'now'}
      />
      <Figure
        name="Trained for"
        value={duration(trainSeconds)}
        note={left === undefined ? '' : `${duration(left)} left`}
      />
      {held !== undefined && <Figure name="Validation error" value={percent(held)} note="of the rows held out" />}
      <Figure name="Test error" value={testError === undefined ? NONE : percent(testError)} note={bestOf(errors)}>
        {errors.length > 1 && <Sparkline values={errors} label={`Test error at ${errors.length} evaluations`} />}
      </Figure>
    </dl>
  );
}

function bestOf(errors: readonly number[]): string {
  return errors.length === 0 ? 'no evaluation yet' : `best ${percent(Math.min(...errors))}`;
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly children?: ComponentChildren;
}

function Figure({ name, value, note, children }: FigureProps) {
  return (
    <div class="run-figure">
      <dt>{name}</dt>
      <dd>
        <span class="run-figure-value">{value}</span>
        <span class="run-figure-note">{note}</span>
        {children}
      </dd>
    </div>
  );
}

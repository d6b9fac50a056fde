import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { binScale, linearScale } from './bins.js';
import type { Moment } from './bins.js';
import { Canvas } from './canvas.js';
import './charts.css';
import { describeMoment, drawNow, drawOverTime, momentAt } from './draw-goodness.js';
import { formatPlace, formatValue } from './format.js';
import { GoodnessHistory } from './goodness-history.js';
import './histograms.css';
import type { LiveRun } from './source.js';

/** How the goodness of positive and of negative rows is distributed in each layer: now, and over time. */
export function LayerHistograms({ live }: { readonly live: LiveRun }): JSX.Element {
  const history = useMemo(() => new GoodnessHistory(live), [live]);
  const linear = useSignal(false);
  useEffect(() => {
    history.start();
    return () => history.stop();
  }, [history]);
  const layers = history.layers.value;
  if (history.failure.value !== undefined) return <p class="charts-note bad">{history.failure}</p>;
  if (layers === undefined) return <p class="charts-note">Loading histograms …</p>;
  if (layers.every((moments) => moments.length === 0)) {
    return <p class="charts-note">Histograms appear with the first observation of the run.</p>;
  }
  return (
    <div class="charts histograms">
      <div class="histograms-head">
        <p>
          <span class="key positive">Goodness of positive rows</span>{' '}
          <span class="key negative">and of negative rows</span>
        </p>
        <div class="toggles" role="group" aria-label="Scale of goodness">
          <button type="button" class="toggle" aria-pressed={!linear.value} onClick={() => (linear.value = false)}>
            Logarithmic
          </button>
          <button type="button" class="toggle" aria-pressed={linear.value} onClick={() => (linear.value = true)}>
            Linear
          </button>
        </div>
      </div>
      {layers.map((moments, index) =>
        moments.length === 0 ? null : (
          <Layer key={index} title={`Layer ${index + 1}`} moments={moments} linear={linear.value} />
        ),
      )}
    </div>
  );
}

interface LayerProps {
  readonly title: string;
  readonly moments: readonly Moment[];
  readonly linear: boolean;
}

function Layer({ title, moments, linear }: LayerProps): JSX.Element {
  const pointed = useSignal<number | undefined>(undefined);
  const scale = useMemo(
    () => (linear ? linearScale : binScale)(moments.flatMap(({ positive, negative }) => [positive, negative])),
    [moments, linear],
  );
  const index = Math.min(pointed.value ?? Infinity, moments.length - 1);
  const moment = moments[index] as Moment;
  const when = pointed.value === undefined ? 'now' : formatPlace(moment.step, 'step');
  return (
    <section class="chart histogram" aria-label={title}>
      <header>
        <h4>{title}</h4>
        <p>
          <span class="key positive">{summary(moment.positive)}</span>
          <span class="key negative">{summary(moment.negative)}</span>
        </p>
      </header>
      <div class="histogram-sheets">
        <figure>
          <figcaption>{when}</figcaption>
          <Canvas
            class="sheet"
            label={`${title}, ${describeMoment(moment)}`}
            draw={(sheet) => drawNow(sheet, moment, scale, linear)}
          />
        </figure>
        <figure>
          <figcaption>over time, with deciles 1, 5 and 9</figcaption>
          <Strip moments={moments} title={title} linear={linear} scale={scale} pointed={pointed} />
        </figure>
      </div>
    </section>
  );
}

interface StripProps extends LayerProps {
  readonly scale: ReturnType<typeof binScale>;
  readonly pointed: { value: number | undefined };
}

function Strip({ title, moments, linear, scale, pointed }: StripProps): JSX.Element {
  const width = useSignal(1);
  return (
    <Canvas
      class="sheet"
      label={`${title}, goodness over time. First ${describeMoment(moments[0] as Moment)}. Last ${describeMoment(moments.at(-1) as Moment)}`}
      draw={(sheet) => {
        width.value = sheet.width;
        drawOverTime(sheet, moments, scale, { linear, pointed: pointed.value });
      }}
      onPoint={(share) => (pointed.value = share === undefined ? undefined : momentAt(moments, share, width.value))}
    />
  );
}

function summary({ mean, deviation }: Moment['positive']): string {
  return `${formatValue(mean, '')} ± ${formatValue(deviation, '')}`;
}

import type { LayerLook, Look } from '@layerline/api';
import { useMemo } from 'preact/hooks';
import { Canvas } from '../charts/canvas.js';
import { layerStyle } from '../charts/theme.js';
import type { Plan } from '../data/run-state.js';
import { Picture } from '../evaluation/picture.js';
import { significant, stageTitle, whole } from '../format.js';
import { toneOf } from '../ui/tone.js';
import { drawActivations, drawWeights } from './draw-look.js';
import { bytesOf, floatsOf, labelBars, verdictOf } from './look-numbers.js';

/** A test image, and what became of it layer by layer. */
export function LookView({ look, plan }: { readonly look: Look; readonly plan: Plan }) {
  const { image, step, picture, layers, weights } = look;
  const { classes } = plan.data;
  const label = classes[look.label] ?? `${look.label}`;
  return (
    <div class="look">
      <figure class="look-image">
        <Picture picture={picture} label={`Test image ${image}, a ${label}`} />
        <figcaption>
          #{whole(image)}, a <strong>{label}</strong>
          <br />
          <span class="dim">after batch {whole(step)}</span>
        </figcaption>
      </figure>
      <div class="look-layers">
        {layers.map((layer, index) => (
          <LayerView
            key={index}
            layer={layer}
            index={index}
            truth={look.label}
            classes={classes}
            program={plan.programs?.[stage(index)]}
          />
        ))}
      </div>
      <Weights weights={weights} />
    </div>
  );
}

function stage(index: number): string {
  return `layer-${index + 1}`;
}

interface LayerProps {
  readonly layer: LayerLook | null;
  readonly index: number;
  readonly truth: number;
  /** What people call each class. */
  readonly classes: readonly string[];
  readonly program: string | undefined;
}

function LayerView({ layer, index, truth, classes, program }: LayerProps) {
  const title = stageTitle(stage(index));
  const activations = useMemo(() => floatsOf(layer?.activations ?? ''), [layer]);
  if (layer === null)
    return <p class="dim">{`${title} is the program ${program ?? ''} of a node: it shows nothing.`}</p>;
  const active = activations.reduce((units, value) => units + Number(value > 0), 0);
  return (
    <section class="look-layer" aria-label={title}>
      <h3>
        <span class={`swatch ${toneOf(index)}`} aria-hidden="true" /> {title}{' '}
        <span class="dim">{verdictOf(layer, truth, classes)}</span>
      </h3>
      <ol class="look-bars" aria-label="Goodness under each label">
        {labelBars(layer.goodness, truth).map(({ label, goodness, share, isTrue, isWinner }) => (
          <li key={label} class={`${isTrue ? 'is-true' : ''} ${isWinner ? 'is-winner' : ''}`}>
            <span>{classes[label] ?? label}</span>
            <meter min={0} max={1} value={share} aria-label={`Label ${label}`}>
              {significant(goodness)}
            </meter>
            <span class="number">{significant(goodness)}</span>
            <span class="look-mark">{markOf(isTrue, isWinner)}</span>
          </li>
        ))}
      </ol>
      <figure>
        <Canvas
          class="look-activations"
          label={`${title}: ${active} of ${activations.length} units are active under the true label`}
          draw={(sheet) => drawActivations(sheet, activations, layerStyle(index).colour)}
        />
        <figcaption class="dim">
          {whole(active)} of {whole(activations.length)} units active under the true label
        </figcaption>
      </figure>
    </section>
  );
}

function markOf(isTrue: boolean, isWinner: boolean): string {
  if (isTrue) return isWinner ? 'true, wins' : 'true';
  return isWinner ? 'wins' : '';
}

function Weights({ weights }: Pick<Look, 'weights'>) {
  const levels = useMemo(() => bytesOf(weights.pixels), [weights]);
  const { units, scale } = weights;
  return (
    <section class="look-weights" aria-label="What the first layer has learned to see">
      <h3>
        What the first layer has learned to see{' '}
        <span class="dim">
          weights of {units === 1 ? 'one unit' : `its first ${units} units`}, −{significant(scale)} …{' '}
          {significant(scale)}
        </span>
      </h3>
      <Canvas
        class="look-weights-sheet"
        label={`Weights of ${units} units of the first layer as pictures`}
        draw={(sheet) => drawWeights(sheet, weights, levels)}
      />
    </section>
  );
}

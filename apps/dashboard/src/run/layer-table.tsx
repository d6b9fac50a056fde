import { LAYER_MEASURES, LAYER_TEST_ERROR } from '@layerline/api/measures';
import type { LiveState } from '../data/run-state.js';
import { NONE, percent, significant, stageTitle, whole } from '../format.js';
import { Panel } from '../ui/panel.js';
import { Scroll } from '../ui/scroll.js';
import { toneOf } from '../ui/tone.js';
import { GoodnessStrip } from './goodness-strip.js';
import { layerRowsOf } from './layer-rows.js';
import type { LayerRow } from './layer-rows.js';

/** What each layer has learned, as of the last observation. */
export function LayerTable({ state }: { readonly state: LiveState }) {
  const rows = layerRowsOf(state);
  const { observation } = state;
  const isBeside = rows.some(({ goodnessError }) => goodnessError !== undefined);
  return (
    <Panel
      title="Layers"
      aside={
        <span class="dim">
          {observation === undefined
            ? 'not observed yet'
            : `as of batch ${whole(observation.step)}, epoch ${observation.epoch}`}
        </span>
      }
    >
      <Scroll label="Figures of the layers">
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">Layer</th>
              <Head measure="positive-goodness" text="Goodness +" />
              <Head measure="negative-goodness" text="Goodness −" />
              <th scope="col" class="left">
                Middle 80 % of rows
              </th>
              <Head measure="separation" text="Separation" />
              <Head measure="pairwise-error" text="Pairwise error" />
              <Head measure="loss" text="Loss" />
              <Head measure="silent-units" text="Silent units" />
              <Head measure="weight-norm" text="Weight norm" />
              <Head measure="update-norm" text="Update norm" />
              <Head measure="learning-rate" text="Learning rate" />
              <th scope="col" title={LAYER_TEST_ERROR.help}>
                Test error
              </th>
              {isBeside && (
                <th scope="col" title="The test error of the layer by its goodness, beside that of its readout">
                  By goodness
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.stage} row={row} isBeside={isBeside} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

function Head({ measure, text }: { readonly measure: string; readonly text: string }) {
  return (
    <th scope="col" title={LAYER_MEASURES.find(({ name }) => name === measure)?.help}>
      {text}
    </th>
  );
}

function Row({ row, isBeside }: { readonly row: LayerRow; readonly isBeside: boolean }) {
  const { stage, layer, units, program, observed, goodness, testError, goodnessError } = row;
  const share = (fraction: number | undefined, digits?: number): string =>
    fraction === undefined ? NONE : percent(fraction, digits);
  const number = (value: number | undefined): string => (value === undefined ? NONE : significant(value));
  return (
    <tr>
      <th scope="row">
        <span class={`swatch ${toneOf(layer)}`} aria-hidden="true" />
        {stageTitle(stage)} <span class="dim">{program ?? whole(units)}</span>
      </th>
      <td class="number">
        {number(observed?.positive.mean ?? goodness?.positive)} <Deviation of={observed?.positive.deviation} />
      </td>
      <td class="number">
        {number(observed?.negative.mean ?? goodness?.negative)} <Deviation of={observed?.negative.deviation} />
      </td>
      <td>{observed !== undefined && <GoodnessStrip positive={observed.positive} negative={observed.negative} />}</td>
      <td class="number">{share(observed?.separation ?? goodness?.separation, 1)}</td>
      <td class="number">{share(observed?.pairwiseError)}</td>
      <td class="number">{number(observed?.loss)}</td>
      <td class="number">{share(observed?.silentUnits, 1)}</td>
      <td class="number">{number(observed?.weightNorm)}</td>
      <td class="number">{number(observed?.updateNorm)}</td>
      <td class="number">{number(observed?.learningRate)}</td>
      <td class="number">{share(testError)}</td>
      {isBeside && <td class="number">{share(goodnessError)}</td>}
    </tr>
  );
}

/** Standard deviation. */
function Deviation({ of }: { readonly of: number | undefined }) {
  return of === undefined ? null : <span class="dim">± {significant(of)}</span>;
}

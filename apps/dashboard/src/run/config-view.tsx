import { runPath } from '../data/client.js';
import type { LiveState, Plan } from '../data/run-state.js';
import { useAnswer } from '../data/use-answer.js';
import { significant, stageTitle, whole } from '../format.js';
import { layerStage } from '../pipeline/stages.js';
import { Panel } from '../ui/panel.js';
import { Scroll } from '../ui/scroll.js';
import { toneOf } from '../ui/tone.js';
import { settingsOf } from './settings.js';

/** What the run was begun with, and what was made of it. */
export function ConfigView({ state: { plan, status } }: { readonly state: LiveState }) {
  const asked = useAnswer<{ readonly config: object }>(runPath(status.id, '/config'));
  const { layers: _, programs: __, ...rest } = plan;
  return (
    <>
      <Panel title="Network">
        <LayersTable plan={plan} />
      </Panel>
      <div class="columns">
        <Panel title="Plan" class="narrow">
          <Settings of={rest} />
        </Panel>
        {asked.state === 'answered' && (
          <Panel title="Config as given" class="narrow">
            <Settings of={asked.answer.config} />
          </Panel>
        )}
      </div>
    </>
  );
}

function LayersTable({ plan }: { readonly plan: Plan }) {
  return (
    <Scroll label="Layers of the network">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Layer</th>
            <th scope="col">Inputs</th>
            <th scope="col">Units</th>
            <th scope="col">Weights</th>
            <th scope="col" class="left">
              Activation
            </th>
            <th scope="col" class="left">
              Goodness
            </th>
            <th scope="col" class="left">
              Objective
            </th>
            <th scope="col" class="left">
              Optimizer
            </th>
          </tr>
        </thead>
        <tbody>
          {plan.layers.map(({ inputs, units, activation, goodness, objective, optimizer }, layer) => (
            <tr key={layer}>
              <th scope="row">
                <span class={`swatch ${toneOf(layer)}`} aria-hidden="true" />
                {stageTitle(layerStage(layer))}
              </th>
              <td class="number">{whole(inputs)}</td>
              <td class="number">{whole(units)}</td>
              <td class="number">{whole(inputs * units)}</td>
              <td>{moduleText(activation)}</td>
              <td>{moduleText(goodness)}</td>
              <td>{moduleText(objective)}</td>
              <td>{plan.programs?.[layerStage(layer)] ?? optimizer.name}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** A part of learning that was chosen by name, with its numbers: `silu, alpha 6`. */
function moduleText({ name, ...numbers }: { readonly name: string }): string {
  const settings = Object.entries<number>(numbers);
  return [name, ...settings.map(([key, value]) => `${key} ${significant(value)}`)].join(', ');
}

function Settings({ of }: { readonly of: object }) {
  return (
    <dl class="settings">
      {settingsOf(of).map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

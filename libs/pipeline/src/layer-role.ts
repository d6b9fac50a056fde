import { encodeSafetensors } from '@layerline/checkpoint';
import { learningRateAt, StepCounter } from '@layerline/forward-forward';
import { findBlock, ProtocolError } from '@layerline/protocol';
import type { Block, Frame, Rows } from '@layerline/protocol';
import type { Role, StageServices } from '@layerline/stage';
import { DivergedError } from './errors.js';
import type { Layer } from './layer.js';
import { layerName, totalSteps } from './plan.js';
import type { Plan } from './plan.js';

/** Name of the block that carries the goodness of one layer, by the layer's place counted from 0. */
export function goodnessBlock(index: number): string {
  return `goodness/${layerName(index)}`;
}

/**
 * A layer of the pipeline: passes every frame's rows forward and, after the result has left, learns from those for
 * training. It sends what it computed before the update, so one forward pass serves both.
 */
export class LayerRole implements Role {
  readonly #steps: StepCounter;
  /** The batch that was learned from last. */
  #learned: Pick<Rows, 'epoch' | 'batch'> | undefined;

  /** @param index the layer's place, counted from 0 */
  constructor(
    readonly plan: Plan,
    readonly index: number,
    readonly layer: Layer,
    readonly services: Pick<StageServices, 'store'>,
  ) {
    this.#steps = new StepCounter(layer.spec.optimizer);
  }

  async *transform(input: AsyncIterable<Frame>): AsyncGenerator<Frame> {
    for await (const frame of input) {
      if (frame.kind === 'rows') {
        yield await this.#pass(frame);
        if (frame.purpose === 'train') await this.#learn(frame);
      } else {
        if (frame.order.type === 'store-model') await this.#store();
        yield frame;
      }
    }
  }

  async close(): Promise<void> {
    await this.layer.engine.close();
  }

  async #pass(rows: Rows): Promise<Rows> {
    const block = findBlock(rows, 'activations', 'f32');
    const count = rows.positive + rows.negative + rows.neutral;
    if (block?.shape[0] !== count || block.shape[1] !== this.layer.spec.inputs) {
      const shape = block?.shape.join(' × ') ?? 'no';
      throw new ProtocolError(
        `${layerName(this.index)} takes ${count} × ${this.layer.spec.inputs} activations, and got ${shape}`,
      );
    }
    const last = this.index === this.plan.layers.length - 1;
    const learn = rows.purpose === 'train';
    if (learn && (rows.positive !== rows.negative || rows.neutral !== 0)) {
      const kinds = `${rows.positive} positive, ${rows.negative} negative and ${rows.neutral} neutral`;
      throw new ProtocolError(`${layerName(this.index)} learns from pairs of rows, and got ${kinds} ones`);
    }
    const { goodness, normalized } = await this.layer.forward(block.data, count, { learn, normalized: !last });
    if (!goodness.every(Number.isFinite)) {
      // Rows of an evaluation show what the last batch has done.
      const { epoch, batch } = learn ? rows : (this.#learned ?? rows);
      throw new DivergedError(layerName(this.index), epoch, batch);
    }
    const blocks: Block[] = rows.blocks.filter(({ name }) => name !== 'activations');
    blocks.push({ name: goodnessBlock(this.index), type: 'f32', shape: [count, 1], data: goodness });
    if (normalized !== undefined) {
      blocks.push({ name: 'activations', type: 'f32', shape: [count, this.layer.spec.units], data: normalized });
    }
    return { ...rows, blocks };
  }

  async #learn(rows: Rows): Promise<void> {
    this.#learned = { epoch: rows.epoch, batch: rows.batch };
    const rate = learningRateAt(this.plan.learningRate, this.#steps.step, totalSteps(this.plan));
    await this.layer.learn(this.#steps.next(rate));
  }

  async #store(): Promise<void> {
    const name = layerName(this.index);
    await this.services.store(name, encodeSafetensors(await this.layer.parameters(), { layer: name }));
  }
}

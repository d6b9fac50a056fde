import type { CompiledGraph, Engine, Tensor } from '@layerline/engine';
import {
  backpropagationGraph,
  classifierParameters,
  classifyGraph,
  MOMENTS,
  StepCounter,
} from '@layerline/forward-forward';
import type { Classifier } from '@layerline/forward-forward';
import { fold, sizeOf, uniform } from '@layerline/ops';
import type { RandomKey } from '@layerline/ops';

/** A classifier that backpropagation trains on an engine: what Forward-Forward is compared with. */
export class BackpropagationTrainer {
  readonly #steps: StepCounter;
  readonly #graphs = new Map<number, Promise<CompiledGraph>>();

  private constructor(
    readonly engine: Engine,
    readonly classifier: Classifier,
    /** Parameters and moments. */
    readonly state: Readonly<Record<string, Tensor>>,
    /** Rows of a batch. */
    readonly batch: number,
    readonly learn: CompiledGraph,
  ) {
    this.#steps = new StepCounter(classifier.optimizer);
  }

  /**
   * A classifier in its first state: weights drawn uniformly from ±√(6 / (inputs + units)) (Glorot and Bengio 2010), biases 0.
   * @param batch rows of each step
   */
  static async open(
    engine: Engine,
    classifier: Classifier,
    batch: number,
    key: RandomKey,
  ): Promise<BackpropagationTrainer> {
    const state: Record<string, Tensor> = {};
    for (const [index, { name, shape }] of classifierParameters(classifier).entries()) {
      const numbers = new Float32Array(sizeOf(shape));
      if (name.startsWith('weights')) fillGlorot(numbers, shape, fold(key, index));
      state[name] = engine.tensor(shape, numbers);
      for (const moment of MOMENTS[classifier.optimizer.name]) state[`${name}.${moment}`] = engine.tensor(shape);
    }
    const learn = await engine.compile(backpropagationGraph(classifier, batch));
    return new BackpropagationTrainer(engine, classifier, state, batch, learn);
  }

  /**
   * Learns from a batch.
   * @param input [batch, inputs] @param labels of its rows
   * @returns the mean cross-entropy of the rows before the update
   */
  async step(input: Float32Array, labels: Uint8Array, learningRate: number): Promise<number> {
    const { engine, classifier, batch } = this;
    const { classes } = classifier;
    const targets = new Float32Array(batch * classes);
    labels.forEach((label, row) => (targets[row * classes + label] = 1));
    const { rate, decay, epsilon } = this.#steps.next(learningRate);
    const scalar = (value: number): Tensor => engine.tensor([1, 1], Float32Array.of(value));
    const given = {
      input: engine.tensor([batch, classifier.inputs], input),
      targets: engine.tensor([batch, classes], targets),
      ...{ rate: scalar(rate), decay: scalar(decay), epsilon: scalar(epsilon) },
    };
    const probabilities = engine.tensor([batch, classes]);
    await this.learn.run({ ...given, ...this.state }, { ...this.state, probabilities });
    const predicted = await probabilities.read();
    let loss = 0;
    labels.forEach(
      (label, row) => (loss -= Math.log(Math.max(Number.MIN_VALUE, predicted[row * classes + label] ?? 0))),
    );
    for (const tensor of [...Object.values(given), probabilities]) tensor.dispose();
    return loss / batch;
  }

  /** The most probable class of each row. @param input [rows, inputs] */
  async classify(input: Float32Array, rows: number): Promise<Uint8Array> {
    const { engine, classifier } = this;
    const { classes, inputs } = classifier;
    const graph = this.#graphs.get(rows) ?? engine.compile(classifyGraph(classifier, rows));
    this.#graphs.set(rows, graph);
    const given = engine.tensor([rows, inputs], input);
    const probabilities = engine.tensor([rows, classes]);
    const names = classifierParameters(classifier).map(({ name }) => name);
    const parameters = Object.fromEntries(names.map((name) => [name, this.state[name] as Tensor]));
    await (await graph).run({ input: given, ...parameters }, { probabilities });
    const predicted = await probabilities.read();
    const best = Uint8Array.from({ length: rows }, (_, row) => {
      const ofRow = predicted.subarray(row * classes, (row + 1) * classes);
      return ofRow.indexOf(ofRow.reduce((most, each) => Math.max(most, each), -Infinity));
    });
    given.dispose();
    probabilities.dispose();
    return best;
  }
}

function fillGlorot(numbers: Float32Array, [units, inputs]: readonly [number, number], key: RandomKey): void {
  const reach = Math.sqrt(6 / (inputs + units));
  for (let at = 0; at < numbers.length; at++) numbers[at] = reach * (2 * uniform(key, at) - 1);
}

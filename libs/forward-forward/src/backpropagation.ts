import { GraphBuilder } from '@layerline/ops';
import type { Graph, Value } from '@layerline/ops';
import { gradientFactor, updateParameter } from './optimizers.js';
import type { Optimizer } from './optimizers.js';

/** A classifier that backpropagation trains, to compare with: ReLU layers, then a softmax over the classes. */
export interface Classifier {
  readonly inputs: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly classes: number;
  readonly optimizer: Optimizer;
}

/** A matrix of a classifier's layers: `weights-1` [units, inputs] and `biases-1` [1, units], and so on. */
export interface ClassifierParameter {
  readonly name: string;
  readonly shape: readonly [rows: number, columns: number];
}

/** The weights and biases of all layers, the last of which has a unit for each class. */
export function classifierParameters({ inputs, hidden, classes }: Classifier): ClassifierParameter[] {
  return [...hidden, classes].flatMap((units, index): ClassifierParameter[] => {
    const width = hidden[index - 1] ?? inputs;
    return [
      { name: `weights-${index + 1}`, shape: [units, width] },
      { name: `biases-${index + 1}`, shape: [1, units] },
    ];
  });
}

/** Rows to probabilities. Inputs: `input` [rows, inputs] and the parameters. Output: `probabilities` [rows, classes]. */
export function classifyGraph(classifier: Classifier, rows: number): Graph {
  const graph = new GraphBuilder('classify');
  const { logits } = recordForward(graph, classifier, rows);
  graph.output('probabilities', graph.softmax(logits));
  return graph.build();
}

/**
 * A step of training on the mean cross-entropy of a batch: the gradients of all layers by the chain rule, then the optimizer's
 * update. In each layer the delta is that of the layer above times its weights, where the unit was active (Rumelhart, Hinton
 * and Williams 1986).
 *
 * Inputs: `input` [rows, inputs], `targets` [rows, classes] one-hot, the parameters and their moments, and the 1 × 1 scalars
 * `rate`, `decay` and `epsilon` of the step. Outputs: `probabilities` before the update, and the new parameters and moments.
 */
export function backpropagationGraph(classifier: Classifier, rows: number): Graph {
  const graph = new GraphBuilder('backpropagation');
  const { logits, layers } = recordForward(graph, classifier, rows);
  const probabilities = graph.softmax(logits);
  graph.output('probabilities', probabilities);
  const step = {
    rate: graph.input('rate', [1, 1]),
    decay: graph.input('decay', [1, 1]),
    epsilon: graph.input('epsilon', [1, 1]),
  };
  const { optimizer } = classifier;
  const factor = gradientFactor(graph, optimizer, step);
  const targets = graph.input('targets', [rows, classifier.classes]);
  let delta = graph.scale(graph.sub(probabilities, targets), 1 / rows);
  if (factor !== undefined) delta = graph.mul(delta, factor);
  for (const [index, { input, weights, biases }] of [...layers.entries()].reverse()) {
    const own = delta;
    if (index > 0) delta = graph.mul(graph.gemm(own, weights), graph.step(input));
    const of = (name: string, value: Value) => ({ name: `${name}-${index + 1}`, shape: value.shape, value });
    updateParameter(graph, optimizer, { ...of('weights', weights), decays: true }, step, (added) =>
      graph.gemm(own, input, { transposeA: true, ...added }),
    );
    updateParameter(graph, optimizer, { ...of('biases', biases), decays: false }, step, (added) => {
      const sum = graph.sumRows(own);
      return added === undefined ? sum : graph.add(graph.scale(added.c, added.beta), sum);
    });
  }
  return graph.build();
}

/** A layer as it has been recorded. */
interface RecordedLayer {
  readonly input: Value;
  readonly weights: Value;
  readonly biases: Value;
}

function recordForward(
  graph: GraphBuilder,
  classifier: Classifier,
  rows: number,
): { readonly logits: Value; readonly layers: readonly RecordedLayer[] } {
  const parameters = classifierParameters(classifier);
  const layers: RecordedLayer[] = [];
  let input = graph.input('input', [rows, classifier.inputs]);
  for (let at = 0; at < parameters.length; at += 2) {
    const [weights, biases] = parameters.slice(at, at + 2).map(({ name, shape }) => graph.input(name, shape)) as [
      Value,
      Value,
    ];
    layers.push({ input, weights, biases });
    const sums = graph.gemm(input, weights, { c: biases, transposeB: true });
    input = at + 2 < parameters.length ? graph.relu(sums) : sums;
  }
  return { logits: input, layers };
}

import { fold, randomKey } from '@layerline/ops';
import { findBottleneck } from './bottleneck.js';
import { Clock, start } from './clock.js';
import { Link } from './link.js';
import { ModelError } from './model.js';
import type { PipelineModel, SimulationResult } from './model.js';
import { Processor, Thread } from './processor.js';
import { Stage } from './stage.js';

export interface SimulationOptions {
  /** Simulated seconds before anything counts: windows of credit take some measurements, one a second, to settle. */
  readonly warmUpSeconds: number;
  /** Frames that count. */
  readonly frames: number;
}

const DEFAULTS: SimulationOptions = { warmUpSeconds: 10, frames: 500 };

/**
 * Simulates a pipeline event by event until it has settled and taken some frames more. The same model gives the same
 * result, to the last bit.
 * @throws ModelError where the parts of the model do not fit together
 */
export function simulate(model: PipelineModel, options: Partial<SimulationOptions> = {}): SimulationResult {
  check(model);
  const { warmUpSeconds, frames } = { ...DEFAULTS, ...options };
  const { clock, processors, links, stages } = build(model);
  const evaluator = stages.at(-1) as Stage;
  /** Goes on until the evaluator has so many frames. */
  const runTo = (target: number): void => {
    while (evaluator.frames < target) clock.step();
  };
  for (const stage of stages) start(stage.run());
  runTo(1);
  const fill = clock.now;
  while (clock.now < 1000 * warmUpSeconds) runTo(evaluator.frames + 1);
  const startedAt = clock.now;
  for (const part of stages) part.takeShares();
  for (const part of links) part.takeCarried();
  for (const part of processors) part.takeCoreTime();
  runTo(evaluator.frames + frames);
  const elapsed = clock.now - startedAt;
  const use = {
    stages: stages.map((stage) => ({ name: stage.model.name, ...stage.takeShares() })),
    links: links.map((link, index) => ({ name: linkName(model, index), wire: link.takeCarried() / elapsed })),
    cores: processors.map((processor) => processor.takeCoreTime() / (elapsed * processor.model.cores)),
  };
  return {
    imagesPerSecond: (1000 * frames * model.imagesPerFrame) / elapsed,
    fill,
    stages: use.stages,
    links: use.links,
    bottleneck: findBottleneck(model, use),
  };
}

interface Built {
  readonly clock: Clock;
  readonly processors: readonly Processor[];
  readonly links: readonly Link[];
  readonly stages: readonly Stage[];
}

function build(model: PipelineModel): Built {
  const clock = new Clock();
  const processors = model.nodes.map((node) => new Processor(clock, node));
  const places = model.stages.map(({ node }) => processors[node] as Processor);
  // JavaScript has one thread a process: what is sent and what is received wait for each other.
  const threads = places.map((processor) => new Thread(processor));
  const links = model.links.map((link, index) => {
    return new Link(clock, link, threads[index] as Thread, threads[index + 1] as Thread);
  });
  const stages = model.stages.map((stage, index) => {
    const key = fold(randomKey(model.seed), index);
    return new Stage(stage, {
      clock,
      processor: places[index] as Processor,
      input: links[index - 1],
      output: links[index],
      keys: [fold(key, 0), fold(key, 1)],
    });
  });
  return { clock, processors, links, stages };
}

function linkName({ stages }: PipelineModel, index: number): string {
  return `${stages[index]?.name ?? ''} → ${stages[index + 1]?.name ?? ''}`;
}

function check({ nodes, stages, links }: PipelineModel): void {
  if (stages.length < 2 || links.length !== stages.length - 1) {
    throw new ModelError(`${stages.length} stages take one link fewer than they are, and got ${links.length}`);
  }
  for (const { name, node, forward, learn, threads } of stages) {
    if (nodes[node] === undefined) throw new ModelError(`${name} is on node ${node}, and there are ${nodes.length}`);
    if (threads < 1) throw new ModelError(`${name} has ${threads} threads; it takes at least 1`);
    for (const duration of [forward, learn]) {
      const possible = typeof duration === 'number' ? [duration] : duration;
      if (possible.length === 0) throw new ModelError(`${name} has no durations to draw from`);
      if (!possible.every((milliseconds) => milliseconds >= 0)) {
        throw new ModelError(`${name} has a duration that is not 0 or more`);
      }
    }
  }
  const times = [
    ...stages.flatMap(({ forward, learn }) => [forward, learn].flat()),
    ...links.map((link) => link.roundTrip),
  ];
  if (!times.some((milliseconds) => milliseconds > 0)) throw new ModelError('Nothing in the model takes time');
  if (!nodes.every(({ cores, slowdown }) => cores >= 1 && slowdown >= 1)) {
    throw new ModelError('A node has less than one core, or is faster when it is busy');
  }
  if (!links.every(({ frameBytes, bandwidth }) => frameBytes > 0 && bandwidth > 0)) {
    throw new ModelError('A link has no bandwidth, or frames of no bytes');
  }
  if (!links.every(({ roundTrip, sending, receiving }) => roundTrip >= 0 && sending >= 0 && receiving >= 0)) {
    throw new ModelError('A link takes less than no time');
  }
}

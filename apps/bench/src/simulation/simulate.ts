import { fold, randomKey } from '@layerline/ops';
import { findBottleneck } from './bottleneck.js';
import { Clock, start } from './clock.js';
import { Link } from './link.js';
import { ModelError } from './model.js';
import type { LinkModel, PipelineModel, SimulationResult, StageModel } from './model.js';
import { Processor, Thread } from './processor.js';
import { Stage } from './stage.js';
import { Wire } from './wire.js';

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
  for (const { wire } of links) wire.takeCarried();
  for (const part of processors) part.takeCoreTime();
  runTo(evaluator.frames + frames);
  const elapsed = clock.now - startedAt;
  const use = {
    stages: stages.map((stage) => ({ name: stage.model.name, frames: stage.frames, ...stage.takeShares() })),
    links: links.map(({ wire }) => ({ name: linkName(model, wire.model), wire: wire.takeCarried() / elapsed })),
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
  const wireOf = (link: LinkModel): Wire => {
    return new Wire(clock, link, threads[link.from] as Thread, threads[link.to] as Thread);
  };
  const links = model.links.map((link) => new Link(wireOf(link)));
  const exchanges = model.exchanges.map(wireOf);
  const stages = model.stages.map((stage, index) => {
    const key = fold(randomKey(model.seed), index);
    return new Stage(stage, {
      clock,
      processor: places[index] as Processor,
      thread: threads[index] as Thread,
      inputs: links.filter(({ wire }) => wire.model.to === index),
      outputs: links.filter(({ wire }) => wire.model.from === index),
      toPeers: exchanges.filter(({ model: { from } }) => from === index),
      fromPeers: exchanges.filter(({ model: { to } }) => to === index),
      keys: { forward: fold(key, 0), learn: fold(key, 1), finish: fold(key, 2) },
    });
  });
  return { clock, processors, links, stages };
}

function linkName({ stages }: PipelineModel, { from, to }: LinkModel): string {
  return `${stages[from]?.name ?? ''} → ${stages[to]?.name ?? ''}`;
}

function check({ nodes, stages, links, exchanges }: PipelineModel): void {
  checkJoints(stages, links, exchanges);
  for (const { name, node, assembling, forward, finish, learn, threads } of stages) {
    if (nodes[node] === undefined) throw new ModelError(`${name} is on node ${node}, and there are ${nodes.length}`);
    if (threads < 1) throw new ModelError(`${name} has ${threads} threads; it takes at least 1`);
    for (const duration of [assembling, forward, finish, learn]) {
      const possible = typeof duration === 'number' ? [duration] : duration;
      if (possible.length === 0) throw new ModelError(`${name} has no durations to draw from`);
      if (!possible.every((milliseconds) => milliseconds >= 0)) {
        throw new ModelError(`${name} has a duration that is not 0 or more`);
      }
    }
  }
  const times = [
    ...stages.flatMap(({ forward, finish, learn }) => [forward, finish, learn].flat()),
    ...links.map((link) => link.roundTrip),
  ];
  if (!times.some((milliseconds) => milliseconds > 0)) throw new ModelError('Nothing in the model takes time');
  if (!nodes.every(({ cores, slowdown }) => cores >= 1 && slowdown >= 1)) {
    throw new ModelError('A node has less than one core, or is faster when it is busy');
  }
  const all = [...links, ...exchanges];
  if (!all.every(({ frameBytes, bandwidth }) => frameBytes > 0 && bandwidth > 0)) {
    throw new ModelError('A link has no bandwidth, or frames of no bytes');
  }
  if (!all.every(({ roundTrip, sending, receiving }) => roundTrip >= 0 && sending >= 0 && receiving >= 0)) {
    throw new ModelError('A link takes less than no time');
  }
}

/** Frames must come to every stage and go on from it, and sums must go both ways. */
function checkJoints(
  stages: readonly StageModel[],
  links: readonly LinkModel[],
  exchanges: readonly LinkModel[],
): void {
  const last = stages.length - 1;
  stages.forEach(({ name }, index) => {
    if (index > 0 && !links.some(({ to }) => to === index)) throw new ModelError(`No link leads to ${name}`);
    if (index < last && !links.some(({ from }) => from === index)) throw new ModelError(`No link leads from ${name}`);
  });
  if (last < 1) throw new ModelError('A pipeline takes two stages or more');
  if (!links.every(({ from, to }) => from < to && to <= last && from >= 0)) {
    throw new ModelError('A link does not lead to a later stage');
  }
  const oneWay = exchanges.find(({ from, to }) => !exchanges.some((back) => back.from === to && back.to === from));
  if (oneWay !== undefined) throw new ModelError('Sums go one way only');
}

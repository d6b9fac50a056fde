import type { Capabilities } from '@layerline/protocol';

/** A machine as those see it who give it stages. */
export interface Machine {
  readonly name: string;
  readonly cores: number;
  /** Of a learning step of the sample layer on all cores, as nodes report it; undefined where none has been timed. */
  readonly millisecondsPerStep: number | undefined;
  /** How many stages it has room for. */
  readonly slots: number;
}

/**
 * A node as a machine for the stages of a plan.
 * @param slots that are free @param backend the plan's, whose speed counts
 */
export function machineOf(
  name: string,
  { cores, engines }: Pick<Capabilities, 'cores' | 'engines'>,
  slots: number,
  backend: string,
): Machine {
  const { millisecondsPerStep } = engines.find((engine) => engine.backend === backend) ?? {};
  return { name, cores, millisecondsPerStep, slots };
}

/** A machine for each stage, or the first stage that no machine has room for. */
export type Spread<Stage, Node> = { readonly nodes: ReadonlyMap<Stage, Node> } | { readonly unplaced: Stage };

/**
 * Gives stages, one after another, to the machine that would be least busy with it, given its cores and the speed of its
 * engine. With the most expensive first this is Graham's longest processing time rule (1969).
 * @param stages with their work in any unit @param machines of equal ones, the first is taken
 * @param suits whether a stage may go to a machine
 * @param stays whether it is to stay there if it may, however busy the machine is
 */
export function spread<Stage extends { readonly work: number }, Node extends Machine>(
  stages: readonly Stage[],
  machines: readonly Node[],
  suits: (stage: Stage, machine: Node) => boolean = () => true,
  stays: (stage: Stage, machine: Node) => boolean = () => false,
): Spread<Stage, Node> {
  const loads = machines.map((machine) => ({ machine, slots: machine.slots, work: 0 }));
  const nodes = new Map<Stage, Node>();
  for (const stage of stages) {
    const able = loads.filter(({ machine, slots }) => slots > 0 && suits(stage, machine));
    const busyWith = ({ machine, work }: (typeof loads)[number]): number => (work + stage.work) / speedOf(machine);
    const kept = able.find(({ machine }) => stays(stage, machine));
    const best = kept ?? able.sort((a, b) => busyWith(a) - busyWith(b))[0];
    if (best === undefined) return { unplaced: stage };
    best.slots--;
    best.work += stage.work;
    nodes.set(stage, best.machine);
  }
  return { nodes };
}

/** Relative to other machines. */
function speedOf({ cores, millisecondsPerStep = 1 }: Machine): number {
  return cores / millisecondsPerStep;
}

/** Why a run is going back: the sentence that says so, and the stages that it is about. */
export interface Fault {
  readonly sentence: string;
  readonly stages: readonly string[];
}

const NODE_GONE = /^Node (\S+) is gone/;

/**
 * What a notice says about stages: those that it names, or all of those on a node that is gone.
 * @param placement the node of each stage
 */
export function faultOf(sentence: string, placement: Readonly<Record<string, string>>): Fault {
  const [, gone] = NODE_GONE.exec(sentence) ?? [];
  const words = new Set(sentence.split(/[^\w-]+/));
  const stages = Object.keys(placement).filter((stage) =>
    gone === undefined ? words.has(stage) : placement[stage] === gone,
  );
  return { sentence, stages };
}

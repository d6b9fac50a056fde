import type { Sums } from '@layerline/protocol';
import { shardsOf, stageOf } from '@layerline/plan';
import type { Plan } from '@layerline/plan';
import type { StageServices } from '@layerline/stage';

/** One exchange among the shards of a layer. */
interface Round {
  /** By the place of the shard. */
  readonly sums: (Sums | undefined)[];
  readonly done: Promise<void>;
  readonly settle: { readonly resolve: () => void; readonly reject: (error: Error) => void };
}

/** Over which the shards of each layer exchange sums if all are in one process. */
export class MemoryPeers {
  /** The rounds of each layer that are under way; a shard may be one ahead of another that has not read the last. */
  readonly #rounds = new Map<number, Round[]>();
  #failure: Error | undefined;

  constructor(readonly plan: Plan) {}

  /** What a stage exchanges sums by. */
  exchangeOf(stage: string): StageServices['exchange'] {
    const { layer } = stageOf(stage, this.plan);
    if (layer === undefined) return async () => [];
    const names = shardsOf(this.plan, layer).map((shard) => shard.stage);
    const place = names.indexOf(stage);
    const rounds = this.#rounds.get(layer) ?? [];
    this.#rounds.set(layer, rounds);
    return async (sums) => {
      if (this.#failure !== undefined) throw this.#failure;
      let round = rounds.find((each) => each.sums[place] === undefined);
      if (round === undefined) rounds.push((round = newRound(names.length)));
      round.sums[place] = sums;
      if (round.sums.every((each) => each !== undefined)) {
        rounds.shift();
        round.settle.resolve();
      }
      await round.done;
      return round.sums.filter((each, index): each is Sums => index !== place && each !== undefined);
    };
  }

  /** Ends every wait for sums that will not come. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const rounds of this.#rounds.values()) for (const { settle } of rounds) settle.reject(this.#failure);
  }
}

function newRound(shards: number): Round {
  let settle!: Round['settle'];
  const done = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { sums: new Array<Sums | undefined>(shards).fill(undefined), done, settle };
}

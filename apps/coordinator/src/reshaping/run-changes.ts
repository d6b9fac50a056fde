import type { Operation, Preview } from '@layerline/api';
import { widthOf } from '@layerline/forward-forward';
import { layerName, stagesOf } from '@layerline/plan';
import { PlacementError } from '../errors.js';
import { NotReshapableError } from './errors.js';
import type { Executor, Room } from '../executor.js';
import { revisedPlan } from '../record/revised-plan.js';
import type { RunRecord } from '../record/run-record.js';
import type { Reshaping } from './reshaping.js';
import { revise } from './revise.js';
import type { Revised, Wish } from './revise.js';

/** What operators ask of a run's stages: that a layer has other shards, or that a stage is on another node. */
export class RunChanges {
  /** @param placement the node of each stage now */
  constructor(
    readonly record: RunRecord,
    readonly executor: Executor,
    readonly reshaping: Reshaping,
    readonly placement: () => ReadonlyMap<string, string>,
  ) {}

  /**
   * Begins a change. What has been asked for before under the same id is not begun again.
   * @throws NotReshapableError, UnknownStageError, NothingToChangeError, ConfigError for a layer that cannot be cut so,
   * OperationBusyError
   */
  begin(wish: Wish, requestId?: string): Operation {
    const known = requestId === undefined ? undefined : this.reshaping.log.askedFor(requestId);
    if (known !== undefined) return known;
    const revised = this.#revise(wish);
    return this.reshaping.begin(revised, requestId, async (signal) => {
      const room = await this.#room(revised, signal);
      return 'missing' in room ? room.missing : undefined;
    });
  }

  /** What a change would come to. @throws as {@link begin}, PlacementError where no nodes could carry it */
  async preview(wish: Wish): Promise<Preview> {
    const revised = this.#revise(wish);
    const room = await this.#room(revised, new AbortController().signal);
    if ('missing' in room) throw new PlacementError(room.missing);
    const { change, revision } = revised;
    const changed = stagesOf(revisedPlan(this.record.submitted, revision)).filter(({ stage, layer }) => {
      if (change.kind === 'move') return stage === change.stage;
      return layer !== undefined && layerName(layer) === change.layer;
    });
    const units = changed.flatMap(({ stage, range }) =>
      range === undefined ? [] : [[stage, widthOf(range)] as const],
    );
    return { change, placement: Object.fromEntries(room.nodes), units: Object.fromEntries(units) };
  }

  /** Gives up a change that still waits. @throws UnknownOperationError, OperationOverError */
  cancel(id: number): Operation {
    return this.reshaping.cancel(id);
  }

  #revise(wish: Wish): Revised {
    if (this.executor.room === undefined) throw new NotReshapableError(this.record.id);
    return revise(this.record, wish, this.placement(), this.executor.capabilities());
  }

  async #room({ revision }: Revised, signal: AbortSignal): Promise<Room> {
    const { record, executor } = this;
    const plan = revisedPlan(record.submitted, revision);
    const prospective = { record, plan, byHand: revision.placement, held: this.placement() };
    return (await executor.room?.(prospective, signal)) ?? { missing: 'all of its stages are in one process' };
  }
}

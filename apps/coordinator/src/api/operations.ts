import { moveOrder, scaleOrder } from '@layerline/api';
import type { Operation, OperationList, Preview, RouteName } from '@layerline/api';
import { parse } from '@layerline/protocol';
import type { Wish } from '../reshaping/revise.js';
import type { RunRegistry } from '../run-registry.js';
import type { Run } from '../run.js';
import { isUnderWay, notUnderWay } from './act.js';
import { bodyOf, runIdOf } from './asked.js';
import type { Asked, Handler } from './asked.js';
import { ApiError } from './errors.js';

type OperationRoute = Extract<
  RouteName,
  'scaleLayer' | 'previewScale' | 'moveStage' | 'operations' | 'cancelOperation'
>;

const NUMBER = /^[1-9]\d{0,14}$/;

/** Changes of a run's stages while it trains. */
export function operationHandlers(runs: () => RunRegistry): Readonly<Record<OperationRoute, Handler>> {
  const underWay = async (asked: Asked): Promise<Run> => {
    const run = await runs().view(runIdOf(asked));
    if (!isUnderWay(run)) throw notUnderWay(run);
    return run;
  };
  const scale = async (asked: Asked): Promise<{ readonly wish: Wish; readonly requestId: string | undefined }> => {
    const { shards, requestId } = parse(scaleOrder, await bodyOf(asked));
    return { wish: { kind: 'scale', layer: asked.parameters['layer'] ?? '', shards }, requestId };
  };
  return {
    scaleLayer: async (asked): Promise<Operation> => {
      const run = await underWay(asked);
      const { wish, requestId } = await scale(asked);
      return run.changes.begin(wish, requestId);
    },
    previewScale: async (asked): Promise<Preview> => {
      const run = await underWay(asked);
      return run.changes.preview((await scale(asked)).wish);
    },
    moveStage: async (asked): Promise<Operation> => {
      const run = await underWay(asked);
      const { node, requestId } = parse(moveOrder, await bodyOf(asked));
      return run.changes.begin({ kind: 'move', stage: asked.parameters['stage'] ?? '', node }, requestId);
    },
    operations: async (asked): Promise<OperationList> => {
      const { operations } = await runs().kept(runIdOf(asked));
      return { operations: operations.all };
    },
    cancelOperation: async (asked): Promise<Operation> => {
      const { operation = '' } = asked.parameters;
      if (!NUMBER.test(operation)) throw new ApiError(400, `operation: ${operation} is not the number of an operation`);
      return (await underWay(asked)).changes.cancel(Number(operation));
    },
  };
}

import { moveOrder, operation, operationList, preview, scaleOrder } from './operation.js';
import type { Route } from './route.js';

/** Changes of a run's stages while it trains. */
export const OPERATION_ROUTES = {
  scaleLayer: {
    method: 'PUT',
    path: '/api/runs/:run/layers/:layer',
    summary: 'Cut a layer into another number of shards, while the run trains',
    principal: 'operator',
    body: scaleOrder,
    answer: { status: 202, schema: operation },
  },
  previewScale: {
    method: 'POST',
    path: '/api/runs/:run/layers/:layer/preview',
    summary: 'What cutting a layer into another number of shards would come to',
    principal: 'viewer',
    body: scaleOrder,
    answer: { status: 200, schema: preview },
  },
  moveStage: {
    method: 'PUT',
    path: '/api/runs/:run/stages/:stage/node',
    summary: 'Move a stage to another node, while the run trains',
    principal: 'operator',
    body: moveOrder,
    answer: { status: 202, schema: operation },
  },
  operations: {
    method: 'GET',
    path: '/api/runs/:run/operations',
    summary: "Changes of the run's stages, the newest first",
    principal: 'viewer',
    answer: { status: 200, schema: operationList },
  },
  cancelOperation: {
    method: 'DELETE',
    path: '/api/runs/:run/operations/:operation',
    summary: "Give up a change of the run's stages that still waits",
    principal: 'operator',
    answer: { status: 200, schema: operation },
  },
} as const satisfies Record<string, Route>;

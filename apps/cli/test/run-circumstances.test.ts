import { knownSummary } from '@layerline/datasets';
import type { NodeStatus, RunStatus, TelemetrySpan } from '@layerline/api';
import { applyPreset, makePlan } from '@layerline/plan';
import t from 'tap';
import { circumstancesOf } from '../src/planning/run-circumstances.js';

const BACKEND = 'onnx/c-api';
const config = applyPreset('quick', { layers: [400, 800], batch: 100, threads: 1 });
const plan = makePlan(config, {
  dataset: { name: 'digits', seed: 1 },
  summary: { ...knownSummary('digits'), trainByClass: [1000], testRows: 100 },
  engine: { backend: BACKEND, threads: 1, spinning: false, concurrency: 1 },
});

function node(name: string, given: Partial<NodeStatus> = {}): NodeStatus {
  const capabilities = { host: name, ports: { from: 0, to: 0 }, dialsOut: false, cores: 4, memory: 1e9, slots: 8 };
  const engines = [{ backend: BACKEND, version: '1', millisecondsPerStep: 2 }];
  const state = { name, version: '1', tasks: 0, draining: false };
  return { ...capabilities, engines, datasets: [], programs: [], ...state, ...given };
}

/** In a second, a stage has had so many rows, and been busy for so many milliseconds. */
function span(rows: number, busy: number): TelemetrySpan {
  const before = {
    elapsed: 5000,
    rows: 700,
    busy: 100,
    waitingForInput: 1,
    waitingForCredit: 1,
    serializing: 1,
    cpu: 50,
  };
  const counted = { framesSent: 0, framesReceived: 0, bytesSent: 0, memory: 1, peakMemory: 1 };
  const now = { ...before, elapsed: 6000, rows: 700 + rows, busy: 100 + busy, cpu: 50 + 2 * busy };
  return { before: { ...before, ...counted }, now: { ...now, ...counted }, age: 100 };
}

const STATUS = {
  id: 'r',
  state: 'running',
  end: null,
  topology: { revision: 1, shards: [1, 2], threads: 3 },
  placement: { feeder: 'box', 'layer-1': 'box', 'layer-2/1': 'box', 'layer-2/2': 'desk', evaluator: 'desk' },
  telemetry: { 'layer-1': span(4000, 500), 'layer-2/1': span(0, 10) },
};
const statusOf = (given: Partial<RunStatus> = {}): RunStatus => ({ ...STATUS, ...given }) as unknown as RunStatus;
const NODES = [node('box', { tasks: 7 }), node('desk', { tasks: 2 })];

t.test('a run is taken as it is cut now, with what its stages have measured', (t) => {
  const idle = node('idle', { draining: true });
  const { network, circumstances } = circumstancesOf(statusOf(), { config, plan }, [...NODES, idle], 0.5);
  t.same(network.shards, [1, 2]);
  t.match(circumstances, { threads: 1, roundTrip: 0.5, observed: { placement: STATUS.placement, threads: 3 } });
  t.same(
    circumstances.machines,
    [
      { name: 'box', cores: 4, millisecondsPerStep: 2, slots: 8 - 7 + 3 },
      { name: 'desk', cores: 4, millisecondsPerStep: 2, slots: 8 - 2 + 2 },
    ],
    'its own slots are free for it',
  );
  t.same(
    [...(circumstances.observed?.measures ?? [])],
    [['layer-1', { busy: 0.5, milliseconds: 25, processor: 50 }]],
    'half of 50 ms for the 200 rows of a batch, by two cores; none of a stage without rows',
  );
  const paused = circumstancesOf(statusOf({ state: 'paused' }), { config, plan }, NODES, 0.5);
  t.equal(paused.circumstances.observed?.measures.size, 0, 'and none in a pause');
  t.end();
});

t.test('a run whose stages are at work nowhere is refused', (t) => {
  const refused = (given: Partial<RunStatus>, code: string, of = config): void => {
    t.throws(() => circumstancesOf(statusOf(given), { config: of, plan }, NODES, 0.2), { code });
  };
  refused({ end: { error: { code: 'ERR', message: 'no' } } }, 'ERR_RUN_ENDED');
  refused({ state: 'waiting', placement: {} }, 'ERR_NO_FRAMES');
  refused({ placement: { feeder: 'gone' } }, 'ERR_NO_FRAMES');
  refused({}, 'ERR_NOT_RESHAPABLE', { ...config, singleProcess: true });
  t.end();
});

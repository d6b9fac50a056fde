import type { StreamItem } from '@layerline/api';
import t from 'tap';
import { withItem } from '../src/data/run-state.js';
import type { LiveState } from '../src/data/run-state.js';
import { groupsOf, linksOf, nodesOf } from '../src/pipeline/groups.js';
import type { GroupView, LinkView } from '../src/pipeline/groups.js';
import { expectsFigures, stageNames } from '../src/pipeline/stages.js';
import type { StageState } from '../src/pipeline/stages.js';
import { cut, event, head } from './support/run.js';
import { telemetry } from './support/telemetry.js';

const STAGES = ['feeder', 'layer-1', 'layer-2', 'evaluator'] as const;
/** Milliseconds of each second in which a stage was busy, waited for input, and for credit. */
const SPENT = {
  feeder: [100, 0, 900],
  'layer-1': [950, 50, 0],
  'layer-2': [300, 700, 0],
  evaluator: [0, 1000, 0],
} as const;

function after(...items: StreamItem[]): LiveState {
  const state = items.reduce<LiveState | undefined>(withItem, undefined);
  if (state === undefined) throw new Error('no head among the items');
  return state;
}

const CUT = {
  feeder: [100, 0, 900],
  'layer-1/1': [400, 0, 600],
  'layer-1/2': [300, 0, 700],
  'layer-2/1': [600, 400, 0],
  'layer-2/2': [900, 100, 0],
  evaluator: [0, 1000, 0],
} as const;

/** What every stage says of itself after so many seconds. */
function second(number: number, spent: Readonly<Record<string, readonly number[]>> = SPENT): StreamItem[] {
  return Object.entries(spent).map(([stage, shares], place) => {
    const [busy, input, credit] = shares.map((share) => share * number) as [number, number, number];
    const figures = {
      ...{ elapsed: 1000 * number, rows: 500 * number, busy, waitingForInput: input, waitingForCredit: credit },
      ...{ framesSent: 10 * number + 3 - place, framesReceived: 10 * number + 2 - place, bytesSent: 4000 * number },
    };
    return event(
      `1.0.${10 * number + place}`,
      { type: 'telemetry', stage, telemetry: telemetry(figures) },
      1000 * number,
    );
  });
}

function linksIn(state: LiveState): readonly LinkView[] {
  return linksOf(state, groupsOf(state));
}

function statesIn(state: LiveState): readonly StageState[] {
  return groupsOf(state).map(({ lead }) => lead.state);
}

t.test('each stage says what takes most of its time, and the bottleneck is marked', async (t) => {
  const groups = groupsOf(after(head('1.0.1'), ...second(1), ...second(3)));
  t.same(
    groups.map(({ name, lead, isBottleneck }) => [name, lead.state, isBottleneck]),
    [
      ['feeder', 'credit', false],
      ['layer-1', 'busy', true],
      ['layer-2', 'input', false],
      ['evaluator', 'input', false],
    ],
  );
  t.match(groups[1], { layer: 0, units: 10, lead: { stage: 'layer-1', node: 'ada', rates: { rowsPerSecond: 500 } } });
});

t.test('each link says what is on it', async (t) => {
  const links = linksIn(after(head('1.0.1'), ...second(1), ...second(3)));
  t.same(links[0], { from: 'feeder', to: 'layer-1', framesInFlight: 2, bytesPerSecond: 4000 });
  t.equal(links.length, 3);
});

t.test('while a run recovers, the dead stage is told from those that go back, until it is running again', async (t) => {
  const state = after(
    head('1.0.1'),
    ...second(1),
    event('1.0.50', { type: 'state', state: 'recovering' }),
    event('1.0.51', { type: 'notice', sentence: 'layer-2 (pid 7) was killed; going back', stages: ['layer-2'] }),
  );
  t.same(statesIn(state), ['rewinding', 'rewinding', 'dead', 'rewinding']);
  t.ok(
    groupsOf(state).every(({ lead, isBottleneck }) => lead.rates === undefined && !isBottleneck),
    'old figures say nothing now',
  );
  t.ok(linksIn(state).every(({ framesInFlight }) => framesInFlight === undefined));

  const statesAfter = (...items: StreamItem[]): readonly StageState[] =>
    statesIn(items.reduce<LiveState | undefined>(withItem, state) ?? state);
  const restarted = STAGES.map((stage, place) =>
    event(`1.1.${place + 2}`, {
      type: 'stage-started',
      process: { stage, role: 'layer', node: 'bob', pid: 8 + place },
    }),
  );
  const restart = [event('1.1.1', { type: 'state', state: 'starting' }), ...restarted];
  t.same(statesAfter(...restart), ['starting', 'starting', 'restarting', 'starting']);
  t.same(
    statesAfter(...restart, event('1.1.9', { type: 'state', state: 'running' })),
    STAGES.map(() => 'running'),
  );
});

t.test('no bottleneck in what is paused', async (t) => {
  const state = after(head('1.0.1'), ...second(1), ...second(3), event('1.0.50', { type: 'state', state: 'paused' }));
  t.ok(groupsOf(state).every(({ isBottleneck }) => !isBottleneck));
});

t.test('after the end, figures are averages', async (t) => {
  const end = { error: { code: 'E', message: 'm' } };
  const state = after(head('1.0.1'), ...second(1), ...second(3), event('1.0.50', { type: 'ended', end }));
  t.match(groupsOf(state)[1], { lead: { state: 'ended', rates: { busy: 0.95 } } });
  t.ok(expectsFigures(state));
});

t.test('one process for all has no figures of each', async (t) => {
  const processes = [{ stage: 'all', role: 'single-process', node: 'local', pid: 1 }];
  t.notOk(expectsFigures(after(head('1.0.1', { processes }))));
  t.ok(expectsFigures(after(head('1.0.1'))));
  t.notOk(expectsFigures(after(head('1.0.1', { state: 'waiting' }))));
});

t.test('shards are one group, which is as busy as the busiest of them', async (t) => {
  const placement = { feeder: 'ada', 'layer-1/1': 'ada', 'layer-1/2': 'ada', 'layer-2/1': 'ada', 'layer-2/2': 'box' };
  const state = after(cut([2, 2], { placement }), ...second(1, CUT), ...second(3, CUT));
  t.same(stageNames(state.plan), Object.keys(CUT));
  const groups = groupsOf(state);
  t.same(
    groups.map(({ name, stages, lead, isBottleneck }) => [name, stages.length, lead.stage, isBottleneck]),
    [
      ['feeder', 1, 'feeder', false],
      ['layer-1', 2, 'layer-1/1', false],
      ['layer-2', 2, 'layer-2/2', true],
      ['evaluator', 1, 'evaluator', false],
    ],
  );
  const [, , second2] = groups as [GroupView, GroupView, GroupView];
  t.match(second2, { units: 200, lead: { state: 'busy', rates: { busy: 0.9 } } });
  t.match(second2.stages, [
    { stage: 'layer-2/1', units: 100, node: 'ada', rates: { busy: 0.6, waitingForInput: 0.4 } },
    { stage: 'layer-2/2', units: 100, node: 'box' },
  ]);
  t.same(nodesOf(second2.stages), ['ada', 'box']);
});

t.test('all that flows between the shards of two layers is one link', async (t) => {
  const links = linksIn(after(cut([2, 2]), ...second(1, CUT), ...second(3, CUT)));
  t.same(
    links.map(({ from, to, bytesPerSecond }) => [from, to, bytesPerSecond]),
    [
      ['feeder', 'layer-1', 4000],
      ['layer-1', 'layer-2', 8000],
      ['layer-2', 'evaluator', 8000],
    ],
  );
  t.equal(links[1]?.framesInFlight, 4, 'from the first to send to the last to receive');
});

t.test('a shard that is gone is what its layer waits for', async (t) => {
  const state = after(
    cut([1, 2]),
    event('1.0.50', { type: 'state', state: 'recovering' }),
    event('1.0.51', { type: 'notice', sentence: 'layer-2/2 was killed; going back', stages: ['layer-2/2'] }),
  );
  t.same(statesIn(state), ['rewinding', 'rewinding', 'dead', 'rewinding']);
  t.same(
    groupsOf(state)[2]?.stages.map(({ state }) => state),
    ['rewinding', 'dead'],
  );
});

t.test('a change of shards makes other groups', async (t) => {
  const topology = { revision: 1, shards: [2, 1], threads: 1 };
  const state = after(cut([2, 2]), ...second(1, CUT), event('1.1.2', { type: 'revised', topology }));
  t.same(
    groupsOf(state).map(({ stages }) => stages.length),
    [1, 2, 1, 1],
  );
});

t.test('how stages spend their time is not said of a run that is paused', async (t) => {
  const paused = event('1.0.90', { type: 'state', state: 'paused' });
  const groups = groupsOf(after(head('1.0.1'), ...second(1), ...second(3), paused, ...second(4)));
  t.same(
    groups.map(({ lead, isBottleneck }) => [lead.state, lead.rates, isBottleneck]),
    groups.map(() => ['paused', undefined, false]),
  );
});

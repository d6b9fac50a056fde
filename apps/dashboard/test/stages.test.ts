import type { StreamItem } from '@layerline/api';
import t from 'tap';
import { withItem } from '../src/data/run-state.js';
import type { LiveState } from '../src/data/run-state.js';
import { expectsFigures, linksOf, stagesOf } from '../src/pipeline/stages.js';
import { event, head } from './support/run.js';
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

/** A second of every stage. @param sequence of the first event */
function second(number: number): StreamItem[] {
  return STAGES.map((stage, place) => {
    const [busy, input, credit] = SPENT[stage].map((share) => share * number) as [number, number, number];
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

t.test('each stage says what takes most of its time, and the bottleneck is marked', async (t) => {
  const stages = stagesOf(after(head('1.0.1'), ...second(1), ...second(3)));
  t.same(
    stages.map(({ stage, state, isBottleneck }) => [stage, state, isBottleneck]),
    [
      ['feeder', 'credit', false],
      ['layer-1', 'busy', true],
      ['layer-2', 'input', false],
      ['evaluator', 'input', false],
    ],
  );
  t.match(stages[1], { layer: 0, units: 10, node: 'ada', rates: { rowsPerSecond: 500 } });
});

t.test('each link says what is on it', async (t) => {
  const links = linksOf(after(head('1.0.1'), ...second(1), ...second(3)));
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
  t.same(
    stagesOf(state).map(({ state }) => state),
    ['rewinding', 'rewinding', 'dead', 'rewinding'],
  );
  t.ok(
    stagesOf(state).every(({ rates, isBottleneck }) => rates === undefined && !isBottleneck),
    'old figures say nothing now',
  );
  t.ok(linksOf(state).every(({ framesInFlight }) => framesInFlight === undefined));

  const statesAfter = (...items: StreamItem[]): string[] =>
    stagesOf(items.reduce<LiveState | undefined>(withItem, state) ?? state).map(({ state }) => state);
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
  t.ok(stagesOf(state).every(({ isBottleneck }) => !isBottleneck));
});

t.test('after the end, figures are averages', async (t) => {
  const end = { error: { code: 'E', message: 'm' } };
  const state = after(head('1.0.1'), ...second(1), ...second(3), event('1.0.50', { type: 'ended', end }));
  t.match(stagesOf(state)[1], { state: 'ended', rates: { busy: 0.95 } });
  t.ok(expectsFigures(state));
});

t.test('one process for all has no figures of each', async (t) => {
  const processes = [{ stage: 'all', role: 'single-process', node: 'local', pid: 1 }];
  t.notOk(expectsFigures(after(head('1.0.1', { processes }))));
  t.ok(expectsFigures(after(head('1.0.1'))));
  t.notOk(expectsFigures(after(head('1.0.1', { state: 'waiting' }))));
});

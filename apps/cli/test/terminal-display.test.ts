import type { LayerGoodness, RunEventBody } from '@layerline/api';
import { applyPreset, networkOf } from '@layerline/plan';
import t from 'tap';
import type { Test } from 'tap';
import type { ShownPlan } from '../src/display/display.js';
import { TerminalDisplay } from '../src/display/terminal-display.js';
import { Screen } from './support/screen.js';

const TELEMETRY = { elapsed: 1000, rows: 12_345, busy: 870, waitingForInput: 120, waitingForCredit: 10 };
const MORE = { serializing: 0, cpu: 0, framesSent: 0, framesReceived: 0, bytesSent: 0, memory: 0, peakMemory: 0 };

function planOf(layers: number, programs?: ShownPlan['programs']): ShownPlan {
  const config = applyPreset('quick', { layers: Array.from({ length: layers }, () => 128), batch: 100 });
  return { ...networkOf(config), epochs: 60, evalEvery: 2, batchesPerEpoch: 600, programs };
}

/** A layer whose positive rows have more goodness than the negative ones in so many of 1000 pairs. */
function separating(permille: number): LayerGoodness {
  return { positive: 1.234, negative: 0.123, separation: permille / 1000 };
}

/** A training on a screen. */
function training(t: Test, screen: Screen, plan: ShownPlan, layers: readonly (LayerGoodness | null)[]) {
  const display = new TerminalDisplay(screen, plan);
  t.teardown(() => display.close());
  const tell = (body: RunEventBody): void => display.handle({ id: '0.0.1', at: '2026-01-01T00:00:00.000Z', ...body });
  const progress = (images: number, trainSeconds: number): void =>
    tell({ type: 'progress', epoch: 1, images, trainSeconds });
  display.open({ status: { state: 'running', layers: [...layers], epoch: 1, images: 0, trainSeconds: 0 } });
  return { display, tell, progress };
}

t.test('from 40 columns up, lines say as much as fits', async (t) => {
  const screen = new Screen(120, 24);
  const { tell, progress } = training(t, screen, planOf(2), [separating(873), separating(1000)]);
  progress(400_000, 10);
  progress(432_000, 13);
  tell({ type: 'telemetry', stage: 'layer-1', telemetry: { ...TELEMETRY, ...MORE } });
  const seen = async (columns: number): Promise<string[]> => {
    await screen.resize(columns, 24);
    return screen.everything();
  };
  t.same(await seen(121), [
    'Training   ████░░░░░░░░░░░░░░░░░░░░░░░░░░  12 %  epoch 1 of 60, 10,667 images/s, 4:57 left',
    '  layer-1  goodness 1.234 positive, 0.123 negative, 87.3 % separated  12,345 rows/s, busy 87 %, waiting for input 12 %',
    '  layer-2  goodness 1.234 positive, 0.123 negative, 100.0 % separated',
  ]);
  t.same(await seen(80), [
    'Training   █░░░░░░░░░  12 %  epoch 1 of 60, 10,667 images/s, 4:57 left',
    '  layer-1  goodness 1.234 positive, 0.123 negative, 87.3 % separated  busy 87 %',
    '  layer-2  goodness 1.234 positive, 0.123 negative, 100.0 % separated',
  ]);
  t.same(await seen(60), [
    'Training   █░░░░░░░░░  12 %  epoch 1 of 60, 4:57 left',
    '  layer-1  1.234 / 0.123, 87.3 % separated  busy 87 %',
    '  layer-2  1.234 / 0.123, 100.0 % separated',
  ]);
  t.same(await seen(40), [
    'Training   █░░░░  12 %  epoch 1 of 60',
    '  layer-1  87.3 % separated  busy 87 %',
    '  layer-2  100.0 % separated',
  ]);
  t.same(await seen(20), ['Training   █░░░░  1', '  layer-1  87.3 % s', '  layer-2  100.0 %'], 'nothing breaks below');
  t.equal((await seen(120)).length, 3);
});

t.test('of many layers those are shown that separate worst, in their order, and the rest is counted', async (t) => {
  const layers = Array.from({ length: 64 }, (_, index) => separating(((index * 37) % 64) + 900));
  const screen = new Screen(80, 24);
  training(t, screen, planOf(64), layers);
  const rows = await screen.shown();
  t.equal(rows.length, 16, 'a third of the window is left to other lines');
  t.same(
    rows.slice(1, -1).map((row) => Number(/layer-(\d+)/.exec(row)?.[1])),
    Array.from({ length: 64 }, (_, index) => index + 1).filter((layer) => ((layer - 1) * 37) % 64 < 14),
  );
  t.equal(rows.at(-1), '  … and 50 more, each at least 91.4 % separated');
  await screen.resize(40, 6);
  t.same(await screen.shown(), [
    'Training   ░░░░░   0 %  epoch 1 of 60',
    '  layer-1  90.0 % separated',
    '  layer-46 90.1 % separated',
    '  … and 62 more, at least 90.2 %',
  ]);
  await screen.resize(40, 2);
  t.same(await screen.shown(), ['Training   ░░░░░   0 %  epoch 1 of 60']);
  await screen.resize(80, 40);
  const tall = await screen.everything();
  t.equal(tall.length, 26);
  t.equal(tall.at(-1), '  … and 40 more, each at least 92.4 % separated');
});

t.test('layers that have no goodness yet, or never will, say so', async (t) => {
  const screen = new Screen(60, 6);
  training(t, screen, planOf(5, { 'layer-2': '數字' }), [null, null, separating(500)]);
  t.same(await screen.shown(), [
    'Training   ░░░░░░░░░░░░░░░░░░░░   0 %  epoch 1 of 60',
    '  layer-1  no goodness yet',
    '  layer-3  1.234 / 0.123, 50.0 % separated',
    '  … and 3 more',
  ]);
});

t.test('phases are those that the run is in', async (t) => {
  const screen = new Screen(80, 10);
  const { tell, display } = training(t, screen, planOf(1), []);
  const phase = async (): Promise<string | undefined> => {
    await screen.resize(80, 10);
    return (await screen.shown()).at(-2)?.split(' ')[0];
  };
  for (const [state, word] of [
    ['paused', 'Paused'],
    ['reshaping', 'Changing'],
    ['recovering', 'Recovering'],
    ['waiting', 'Waiting'],
    ['starting', 'Starting'],
    ['running', 'Training'],
  ] as const) {
    tell({ type: 'state', state });
    t.equal(await phase(), word);
  }
  const endEpoch = (epoch: number): void =>
    tell({
      type: 'training',
      scope: 'epoch',
      epoch,
      batch: 600,
      images: 60_000 * epoch,
      trainSeconds: epoch,
      layers: [],
    });
  endEpoch(1);
  t.equal(await phase(), 'Training', 'not every epoch is followed by an evaluation');
  endEpoch(2);
  t.equal(await phase(), 'Evaluating');
  tell({ type: 'state', state: 'paused' });
  endEpoch(4);
  t.equal(await phase(), 'Paused');
  tell({ type: 'state', state: 'running' });
  tell({ type: 'notice', sentence: 'layer-1 has gone silent' });
  t.same(await screen.shown(), [
    'layer-1 has gone silent',
    'Training   █░░░░░░░░░   7 %  epoch 4 of 60, 60,000 images/s, 0:56 left',
    '  layer-1  no goodness yet',
  ]);
  display.close();
  t.same(await screen.shown(), ['layer-1 has gone silent']);
});

import t from 'tap';
import type { Test } from 'tap';
import type { StageTelemetry } from '@layerline/protocol';
import { StallWatch } from '../src/stall-watch.js';

const PATIENCE_MS = 40;
const STAGES = ['feeder', 'layer-1', 'layer-2', 'evaluator'];
const LINKS = STAGES.slice(1).map((to, index) => ({ from: STAGES[index] ?? '', to }));

function reading(framesReceived: number, framesSent: number): StageTelemetry {
  return {
    ...{ elapsed: 1, rows: 1, busy: 1, waitingForInput: 0, waitingForCredit: 0, serializing: 0, cpu: 1 },
    ...{ framesSent, framesReceived, bytesSent: 1, memory: 1, peakMemory: 1 },
  };
}

/** A watch over stages that have received and sent so many frames. */
function watch(
  t: Test,
  frames: readonly (readonly [received: number, sent: number])[],
): { readonly watch: StallWatch; readonly stalled: Promise<string> } {
  let told!: (stage: string) => void;
  const stalled = new Promise<string>((resolve) => (told = resolve));
  const watch = new StallWatch(LINKS, told, PATIENCE_MS);
  t.teardown(() => watch.stop());
  watch.start();
  frames.forEach(([received, sent], index) => watch.measure(STAGES[index] ?? '', reading(received, sent)));
  // Keeps the process alive, as sockets do elsewhere.
  const alive = setInterval(() => undefined, PATIENCE_MS);
  t.teardown(() => clearInterval(alive));
  return { watch, stalled };
}

t.test('the stage that holds the others up is told', async (t) => {
  const cases: [culprit: string, frames: [number, number][]][] = [
    [
      'layer-1',
      [
        [0, 9],
        [7, 6],
        [6, 6],
        [6, 0],
      ],
    ],
    [
      'layer-2',
      [
        [0, 9],
        [8, 7],
        [7, 5],
        [5, 0],
      ],
    ],
    [
      'evaluator',
      [
        [0, 9],
        [9, 9],
        [9, 9],
        [6, 0],
      ],
    ],
    [
      'layer-1',
      [
        [0, 9],
        [6, 6],
        [6, 6],
        [6, 0],
      ],
    ],
    [
      'feeder',
      [
        [0, 6],
        [6, 6],
        [6, 6],
        [6, 0],
      ],
    ],
  ];
  for (const [culprit, frames] of cases) t.equal(await watch(t, frames).stalled, culprit);
});

t.test('a run that moves, or is paused, is let be', async (t) => {
  const { watch: moving, stalled } = watch(t, [
    [0, 1],
    [1, 1],
    [1, 1],
    [1, 0],
  ]);
  for (let frames = 2; frames < 30; frames++) {
    moving.measure('feeder', reading(0, frames));
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS / 10));
  }
  moving.pause(true);
  await new Promise((resolve) => setTimeout(resolve, 3 * PATIENCE_MS));
  const first = await Promise.race([stalled, Promise.resolve('nobody')]);
  t.equal(first, 'nobody');
  moving.pause(false);
  t.equal(await stalled, 'layer-1', 'and once it is to go on, it has to');
});

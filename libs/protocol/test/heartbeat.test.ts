import t from 'tap';
import { Heartbeat } from '../src/index.js';

const INTERVAL_MS = 1;
const PATIENCE = 3;

t.test('a peer that is silent is asked as often as there is patience, and then lost, once', async (t) => {
  let pings = 0;
  let losses = 0;
  await new Promise<void>((resolve) => {
    const lost = (): void => {
      losses++;
      // A timer that still ran would have its turn before this one.
      setTimeout(resolve, 10 * INTERVAL_MS);
    };
    new Heartbeat({ intervalMs: INTERVAL_MS, patience: PATIENCE, ping: () => pings++, lost }).start();
  });
  t.equal(pings, PATIENCE);
  t.equal(losses, 1);
});

t.test('a sign of life begins the count anew', async (t) => {
  let turns = 0;
  await new Promise<void>((resolve) => {
    const heartbeat = new Heartbeat({
      intervalMs: INTERVAL_MS,
      patience: PATIENCE,
      ping: () => {
        turns++;
        if (turns === 4 * PATIENCE) resolve();
        if (turns % PATIENCE === 0 && turns <= 4 * PATIENCE) heartbeat.alive();
      },
      lost: () => t.fail('it is alive'),
    });
    t.teardown(() => heartbeat.stop());
    heartbeat.start();
  });
  t.equal(turns, 4 * PATIENCE);
});

t.test('one that gives signs of its own accord is not asked', async (t) => {
  await new Promise<void>((resolve) => {
    new Heartbeat({ intervalMs: INTERVAL_MS, patience: PATIENCE, lost: resolve }).start();
  });
  t.pass('and is lost all the same');
});

t.test('a process that was held up counts one turn for it', async (t) => {
  const waits = PATIENCE * 10 * INTERVAL_MS;
  await new Promise<void>((resolve) => {
    let pings = 0;
    const heartbeat = new Heartbeat({
      intervalMs: INTERVAL_MS,
      patience: PATIENCE,
      ping: () => {
        if (++pings === 2) return resolve();
        const until = performance.now() + waits;
        while (performance.now() < until);
      },
      lost: () => t.fail('it was the process itself that stood still'),
    });
    t.teardown(() => heartbeat.stop());
    heartbeat.start();
  });
});

t.test('nothing is counted before the start, or after the stop', async (t) => {
  const turn = (): void => void t.fail('it does not run');
  const heartbeat = new Heartbeat({ intervalMs: INTERVAL_MS, patience: 0, ping: turn, lost: turn });
  heartbeat.start();
  heartbeat.stop();
  await new Promise((resolve) => setTimeout(resolve, 10 * INTERVAL_MS));
  t.pass();
});

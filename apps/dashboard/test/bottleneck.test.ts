import t from 'tap';
import { bottleneckOf } from '../src/pipeline/bottleneck.js';
import type { Load } from '../src/pipeline/bottleneck.js';

const load = (busy: number, waitingForCredit: number): Load => ({ busy, waitingForCredit });

t.test('is the busiest stage whose producer waits for credit', async (t) => {
  t.equal(bottleneckOf([load(0.3, 0.6), load(0.6, 0.3), load(0.95, 0), load(0.7, 0)]), 2);
  t.equal(bottleneckOf([load(0.2, 0.8), load(0.98, 0), load(0.5, 0.2), load(0.6, 0)]), 1);
});

t.test('is not a busier stage that nobody waits for', async (t) => {
  t.equal(bottleneckOf([load(0.3, 0.5), load(0.8, 0.02), load(0.99, 0)]), 1);
  t.equal(bottleneckOf([load(0.99, 0), load(0.4, 0)]), undefined, 'the feeder has no producer');
});

t.test('is nobody where it is not clear', async (t) => {
  t.equal(bottleneckOf([]), undefined);
  t.equal(bottleneckOf([load(0.4, 0.05), load(0.9, 0)]), undefined, 'a wait too short to count');
  t.equal(bottleneckOf([load(0.1, 0.8), load(0.45, 0)]), undefined, 'a stage that mostly waits');
  t.equal(bottleneckOf([load(0.1, 0.8), load(0.9, 0.5), load(0.93, 0)]), undefined, 'two that are equally busy');
  t.equal(bottleneckOf([undefined, load(0.9, 0)]), undefined, 'a producer that has not said');
});

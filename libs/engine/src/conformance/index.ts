import type { Test } from 'tap';
import { operationCases } from './cases.js';
import { checkClose, expectation, runOnce } from './check.js';
import {
  checkAliases,
  checkClosed,
  checkEventLoop,
  checkGraphs,
  checkInPlace,
  checkRefusals,
  checkRepeats,
  checkTensors,
} from './contract.js';
import type { Open } from './contract.js';
import { checkCuts } from './cuts.js';

export interface ConformanceOptions {
  /** Why the engine cannot be tested on this machine; the suite is then skipped. */
  readonly skip?: string | undefined;
}

/**
 * The suite that every engine passes: the numbers of every operation against the float64 reference, updates in place,
 * the same bits for the same inputs and for some of a layer's units alone, and the promises of the engine interface.
 * @param t a test of tap, to which the suite is added as one subtest
 * @param open opens a new engine with the given options
 */
export async function conformance(t: Test, name: string, open: Open, options: ConformanceOptions = {}): Promise<void> {
  const { skip = false } = options;
  await t.test(`${name} conforms`, { skip }, async (t) => {
    const engine = await open({ threads: 1, spinning: false });
    const wide = await open({ threads: 2, spinning: false });
    const cases = operationCases().map((each) => ({ ...each, expected: expectation(each) }));
    await t.test('identity', (t) => {
      for (const [key, value] of Object.entries(engine.identity)) t.match(value, /\S/, key);
      t.same(wide.identity, engine.identity, 'threads are no part of it');
      t.ok(engine.threads === 1 && (wide.threads === 1 || wide.threads === 2), 'threads as asked, or one');
      t.end();
    });
    for (const [label, each] of [
      ['one thread', engine],
      ['two threads', wide],
    ] as const) {
      await t.test(`operations, ${label}`, async (t) => {
        for (const { name, graph, inputs, expected } of cases) {
          const { y } = await runOnce(each, graph, inputs);
          checkClose(t, name, y, expected);
        }
      });
      await t.test(`graphs, ${label}`, (t) => checkGraphs(t, each));
      await t.test(`in place, ${label}`, (t) => checkInPlace(t, each));
    }
    await t.test('aliases', (t) => checkAliases(t, engine));
    await t.test('repeats', async (t) => {
      const other = await open({ threads: 1, spinning: false });
      await checkRepeats(t, engine, other);
      await other.close();
    });
    await t.test('cuts', (t) => checkCuts(t, engine));
    await t.test('tensors', (t) => checkTensors(t, engine));
    await t.test('refusals', (t) => checkRefusals(t, engine));
    await t.test('event loop', (t) => checkEventLoop(t, engine));
    await t.test('close', async (t) => {
      await checkClosed(t, wide);
      await checkClosed(t, engine);
    });
  });
}

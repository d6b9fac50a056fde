import t from 'tap';
import { EngineError, EngineUnavailableError, tryEngine } from '../src/index.js';
import type { Engine } from '../src/index.js';

const IDENTITY = { engine: 'onnx', version: '1', backend: 'fake', kernels: 'none' } as const;

/** An engine that can only be closed, and notes it. */
function closable(closed: string[]): Engine {
  const unused = (): never => t.fail('a trial does nothing by itself') as never;
  const close = async (): Promise<void> => void closed.push('closed');
  return { identity: IDENTITY, threads: 1, tensor: unused, compile: unused, close };
}

await t.test('an engine that works is used once and closed', async (t) => {
  const events: string[] = [];
  const trial = await tryEngine(
    async () => closable(events),
    async ({ identity }) => events.push(`used ${identity.backend}`),
  );
  t.same(trial, { available: true, identity: IDENTITY, result: 1 });
  t.same(events, ['used fake', 'closed']);
});

await t.test('one that does not open or does not compute says why, and is closed all the same', async (t) => {
  const missing = async (): Promise<Engine> => {
    throw new EngineUnavailableError('tfjs (fake)', 'its native part is missing');
  };
  t.same(await tryEngine(missing, async () => 1), { available: false, reason: 'its native part is missing' });
  const events: string[] = [];
  const failing = async (): Promise<never> => {
    throw new EngineError('The library failed');
  };
  const trial = await tryEngine(async () => closable(events), failing);
  t.same(trial, { available: false, reason: 'EngineError: The library failed' });
  t.same(events, ['closed']);
});

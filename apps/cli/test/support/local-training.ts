import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { openBackend } from '@layerline/pipeline';
import { sharesOf } from '@layerline/plan';
import type { Test } from 'tap';
import type { ThisMachine } from '../../src/training/this-machine.js';

export const HOST = '127.0.0.1';
const BACKEND = 'onnx/c-api';

/** A machine with an engine for a training in a single process. */
export async function machine(): Promise<ThisMachine> {
  const engine = await openBackend(BACKEND, {
    ...sharesOf({ threads: 1, layers: [32, 32], singleProcess: true }, [{ cores: 1 }]),
  });
  const capabilities = { ports: { from: 0, to: 0 }, dialsOut: false, cores: 1, memory: 1e9, slots: 4, programs: [] };
  const engines = [{ backend: BACKEND, version: engine.identity.version }];
  return { engine, capabilities: { ...capabilities, engines, datasets: [] } };
}

/** Listens on a free port. @returns it */
export async function listen(t: Test, server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

export async function freePort(t: Test): Promise<number> {
  const server = createServer();
  const port = await listen(t, server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

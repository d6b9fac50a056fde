import { fingerprintOf, openBackend, planSchema } from '@layerline/pipeline';
import { parse } from '@layerline/protocol';
import type { ProbeAnswer } from './probe.js';

async function fingerprint(settings: unknown): Promise<string> {
  const plan = parse(planSchema, settings);
  const { backend, ...options } = plan.engine;
  const engine = await openBackend(backend, options);
  return fingerprintOf(engine, plan).finally(() => engine.close());
}

function answer(message: ProbeAnswer): void {
  process.send?.(message, undefined, undefined, () => process.exit());
}

process.once('message', (settings) => {
  fingerprint(settings).then(
    (fingerprint) => answer({ fingerprint }),
    (error: unknown) => answer({ error: (error as Error).message }),
  );
});
process.on('disconnect', () => process.exit(1));

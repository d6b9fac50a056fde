import { BACKENDS, openBackend } from '@layerline/pipeline';
import { table } from '../display/table.js';

interface Availability {
  readonly engine: string;
  readonly available: boolean;
  readonly version: string | null;
  readonly kernels: string | null;
  /** Why it is not available, and what would help. */
  readonly reason: string | null;
}

/** `layerline engines`: tries every engine. @returns the exit code: 1 where none works */
export async function engines(options: { json: boolean }): Promise<number> {
  const found: Availability[] = [];
  for (const backend of BACKENDS) found.push(await tryBackend(backend));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(found)}\n`);
  } else {
    const best = found.find(({ available }) => available);
    const rows = found.map((entry) => [
      `${entry === best ? '*' : ' '} ${entry.engine}`,
      entry.available ? 'works' : 'no',
      entry.version ?? '',
      entry.reason ?? entry.kernels ?? '',
    ]);
    process.stdout.write(table(['  engine', 'here', 'version', 'kernels, or why not'], rows));
    process.stdout.write('\n* is what --engine auto takes: the list is in order of speed\n');
  }
  return found.some(({ available }) => available) ? 0 : 1;
}

async function tryBackend(engine: string): Promise<Availability> {
  try {
    const opened = await openBackend(engine, { threads: 1, spinning: false });
    const { version, kernels } = opened.identity;
    await opened.close();
    return { engine, available: true, version, kernels, reason: null };
  } catch (error) {
    return { engine, available: false, version: null, kernels: null, reason: (error as Error).message };
  }
}

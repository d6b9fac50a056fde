import type { RunStatus } from '@layerline/api';
import type { ConnectionOptions } from '../client/connection.js';
import { describeRun } from '../display/run-status.js';
import { locateRun } from '../locate-run.js';
import { openArchive } from '../run-lookup.js';
import { watchText } from '../watch-text.js';

/** `layerline status RUN`: where a run stands, once or until it has ended. @param out folder of the runs @returns the exit code */
export function runStatus(
  run: string,
  out: string,
  connection: ConnectionOptions,
  { watch, json }: { readonly watch: boolean; readonly json: boolean },
): Promise<number> {
  const look = async (): Promise<{ text: string; isLast: boolean }> => {
    const { status, isFromFolder } = await statusOf(run, out, connection);
    const isLast = status.end !== null || !watch;
    if (json) return { text: `${JSON.stringify(status)}\n`, isLast };
    const from =
      isFromFolder && status.end === null ? 'No coordinator of yours has this run: that is what its folder says\n' : '';
    return { text: describeRun(status) + from, isLast };
  };
  return watchText(look, json);
}

async function statusOf(
  run: string,
  out: string,
  connection: ConnectionOptions,
): Promise<{ status: RunStatus; isFromFolder: boolean }> {
  const located = await locateRun(run, out, connection);
  if (located.client !== undefined) return { status: await located.client.runStatus(located.id), isFromFolder: false };
  const archive = await openArchive(located.folder, out);
  try {
    return { status: archive.status(), isFromFolder: true };
  } finally {
    archive.close();
  }
}

import { trainResult } from '@layerline/api';
import { dateTime, duration, percent, settingValue, widthsOf } from '../display/format.js';
import { table } from '../display/table.js';
import type { RunStore } from '../run-store.js';

/** `layerline runs show RUN`. @returns the exit code @throws as {@link RunStore.details} does */
export async function showRun(store: RunStore, { run, json }: { run: string; json: boolean }): Promise<number> {
  const { overview, config, plan, testErrors, validationErrors } = await store.details(run);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...overview, config, testErrors, validationErrors })}\n`);
    return 0;
  }
  const { id, folder, state, failure, stopReason, startedAt, endedAt, epochs, testError, bestTestError, result } =
    overview;
  const { trainSeconds, weightsSha256 } = trainResult.partial().strip().safeParse(result).data ?? {};
  const held = validationErrors.at(-1);
  const line = (name: string, value: string | undefined): string[][] => (value === undefined ? [] : [[name, value]]);
  const rows = [
    ...line('run', id),
    ...line('folder', folder),
    ...line('state', failure === null ? state : `${state}: ${failure}`),
    ...line('stopped because', stopReason ?? undefined),
    ...line('started', startedAt === null ? undefined : dateTime(startedAt)),
    ...line('ended', endedAt === null ? undefined : dateTime(endedAt)),
    ...line('network', widthsOf(plan.layers.map(({ units }) => units))),
    ...line('epochs', `${epochs ?? '?'} of ${plan.epochs}`),
    ...line(
      'test error',
      testError === null ? undefined : `${percent(testError)}, the best ${percent(bestTestError ?? testError)}`,
    ),
    ...line('validation error', held === undefined ? undefined : percent(held)),
    ...line('training took', trainSeconds === undefined ? undefined : duration(trainSeconds)),
    ...line('weights', weightsSha256),
  ];
  const settings = Object.entries(config).map(([key, value]) => [key, settingValue(value)]);
  process.stdout.write(table(['what', 'value'], rows));
  process.stdout.write(`\n${table(['setting', 'value'], settings)}`);
  return 0;
}

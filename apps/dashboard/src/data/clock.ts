import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';

const SECOND = 1000;
const current = signal(Date.now());

/** The time in milliseconds since 1970, by the second, for what is shown as an age. Stands still while nobody looks. */
export const now: ReadonlySignal<number> = current;

/** Starts the clock. To be called once. */
export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) current.value = Date.now();
  }, SECOND);
}

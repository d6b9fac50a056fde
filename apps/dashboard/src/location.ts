import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { parseRoute } from './routes.js';
import type { Route } from './routes.js';

const current = signal<Route>(parseRoute(''));

/** Where on the page one is. */
export const route: ReadonlySignal<Route> = current;

/** Follows the address from now on. */
export function followAddress(): void {
  const read = () => (current.value = parseRoute(window.location.hash));
  window.addEventListener('hashchange', read);
  read();
}

import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { formatRoute, parseRoute } from './routes.js';
import type { Place, Route } from './routes.js';

const current = signal<Route>(parseRoute(''));

/** Where on the page one is. */
export const route: ReadonlySignal<Route> = current;

/** Follows the address from now on. */
export function followAddress(): void {
  const read = () => (current.value = parseRoute(window.location.hash));
  window.addEventListener('hashchange', read);
  read();
}

/** Goes somewhere, as a link would. */
export function go(place: Place): void {
  window.location.hash = formatRoute(place);
}

/** Puts what a view is showing into the link, without a step in the browser's history. */
export function keepInLink(query: URLSearchParams): void {
  const next = { ...current.peek(), query };
  history.replaceState(history.state, '', formatRoute(next, query));
  current.value = next;
}

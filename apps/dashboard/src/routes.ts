/** The pages of a run. */
export const RUN_TABS = ['overview', 'charts', 'layers', 'test', 'log', 'config'] as const;
export type RunTab = (typeof RUN_TABS)[number];

/** Where on the page one is. It lives in the address's fragment, so that a link restores it and no server has to know it. */
export type Route =
  | { readonly page: 'runs' }
  | { readonly page: 'run'; readonly run: string; readonly tab: RunTab }
  | { readonly page: 'compare'; readonly runs: readonly string[] };

/**
 * Reads a fragment, such as `#/runs/ID/charts?x=epoch`. What is not understood leads to the list of runs; what else is in the
 * query is the views' own.
 */
export function parseRoute(fragment: string): Route {
  const [path = '', search = ''] = fragment.replace(/^#/, '').split(/\?(.*)/s);
  const [first, second, third = 'overview'] = path.split('/').filter(Boolean).map(decoded);
  if (first === 'compare') {
    const runs = new URLSearchParams(search).get('runs') ?? '';
    return { page: 'compare', runs: runs.split(',').filter(Boolean) };
  }
  const tab = RUN_TABS.find((known) => known === third);
  if (first === 'runs' && second !== undefined && tab !== undefined) return { page: 'run', run: second, tab };
  return { page: 'runs' };
}

/** The fragment that leads to a place, with `#`. */
export function formatRoute(route: Route): string {
  switch (route.page) {
    case 'runs':
      return '#/';
    case 'compare':
      return `#/compare?runs=${route.runs.map(encodeURIComponent).join(',')}`;
    case 'run':
      return `#/runs/${encodeURIComponent(route.run)}${route.tab === 'overview' ? '' : `/${route.tab}`}`;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

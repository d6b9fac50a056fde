/** The pages of a run. */
export const RUN_TABS = ['overview', 'charts', 'layers', 'test', 'log', 'config'] as const;
export type RunTab = (typeof RUN_TABS)[number];

/** Where on the page one is. It lives in the address's fragment, so that a link restores it and no server has to know it. */
export type Route = (
  | { readonly page: 'runs' }
  | { readonly page: 'run'; readonly run: string; readonly tab: RunTab }
  | { readonly page: 'compare'; readonly runs: readonly string[] }
) & {
  /** What a view keeps in the link beyond that, such as the axis of its charts. */
  readonly query: URLSearchParams;
};

/** A route as it is written in links; the query may be left out. */
export type Place = Route extends infer Each ? (Each extends Route ? Omit<Each, 'query'> : never) : never;

/** Reads a fragment, such as `#/runs/ID/charts?x=epoch`. What is not understood leads to the list of runs. */
export function parseRoute(fragment: string): Route {
  const [path = '', search = ''] = fragment.replace(/^#/, '').split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const [first, second, third = 'overview'] = path.split('/').filter(Boolean).map(decoded);
  if (first === 'compare') {
    const runs = (query.get('runs') ?? '').split(',').filter(Boolean);
    query.delete('runs');
    return { page: 'compare', runs, query };
  }
  const tab = RUN_TABS.find((known) => known === third);
  if (first === 'runs' && second !== undefined && tab !== undefined) return { page: 'run', run: second, tab, query };
  return { page: 'runs', query };
}

/** The fragment that leads to a place, with `#`. */
export function formatRoute(place: Place, query?: URLSearchParams): string {
  const search = new URLSearchParams(query);
  const path = pathOf(place);
  if (place.page === 'compare') search.set('runs', place.runs.join(','));
  // Commas are common in queries, and legible only as they are.
  const text = search.toString().replaceAll('%2C', ',');
  return `#${path}${text === '' ? '' : `?${text}`}`;
}

function pathOf(place: Place): string {
  switch (place.page) {
    case 'runs':
      return '/';
    case 'compare':
      return '/compare';
    case 'run':
      return `/runs/${encodeURIComponent(place.run)}${place.tab === 'overview' ? '' : `/${place.tab}`}`;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

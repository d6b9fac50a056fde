/**
 * How the page hears of a run.
 * - `connecting`: for the first time
 * - `live`: what happens is shown as it happens
 * - `lost`: what is shown is as of `since`, in milliseconds since 1970 by this machine's clock
 * - `resting`: while nobody looks at the tab
 * - `ended`: the run is over, and nothing more will come
 */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'lost'; readonly since: number }
  | { readonly state: 'resting' }
  | { readonly state: 'ended' }
  /** There is no such run, or we may not see it. */
  | { readonly state: 'refused'; readonly why: string };

import type { Revision } from '@layerline/checkpoint';
import type { Plan } from '@layerline/plan';

/** A run's plan as a revision has changed it. @param submitted the plan that the run began with */
export function revisedPlan(submitted: Plan, revision: Revision | undefined): Plan {
  if (revision === undefined) return submitted;
  const { shards: _, ...plan } = submitted;
  const { shards, threads } = revision;
  return {
    ...plan,
    ...(shards.some((count) => count > 1) && { shards: [...shards] }),
    engine: { ...plan.engine, threads },
  };
}

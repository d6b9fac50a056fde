import * as z from 'zod';

/** The longest that one request waits, in seconds: proxies take a connection on which nothing comes for dead. */
export const LONGEST_DRAIN_WAIT = 20;

/** How a node is to be drained. The body may be left out. */
export const drainOrder = z.strictObject({
  /** Answer after so many seconds at the latest, while it goes on; without it, once it is done. */
  seconds: z.number().min(0).max(LONGEST_DRAIN_WAIT).optional(),
});
export type DrainOrder = z.infer<typeof drainOrder>;

/** How far it has come. */
export const drained = z.strictObject({
  /** Whether the node has no stages any more, and gets no new ones. */
  done: z.boolean(),
  /** Stages that it still has. */
  left: z.array(z.strictObject({ run: z.string(), stage: z.string() })),
});
export type Drained = z.infer<typeof drained>;

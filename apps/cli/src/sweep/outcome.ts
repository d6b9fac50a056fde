import * as z from 'zod';

const fraction = z.number().min(0).max(1);

/** What came of a trial. */
export const outcomeSchema = z.strictObject({
  trial: z.string(),
  /** Its run; undefined for one that never began. */
  run: z.string().optional(),
  /** `ended-early` where the others were better by then. */
  state: z.enum(['completed', 'ended-early', 'failed']),
  validationError: fraction.optional(),
  testError: fraction.optional(),
  perLayerError: z.array(fraction.nullable()).optional(),
  epochs: z.number().optional(),
  trainSeconds: z.number().optional(),
  /** By epoch, counted from 1. */
  validationErrors: z.array(z.tuple([z.number(), fraction])),
  /** A sentence, of one that failed. */
  failure: z.string().optional(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

import * as z from 'zod';

/** What a page trades for a session: the one-time code that was printed with its address. */
export const signIn = z.strictObject({ code: z.string().min(1).max(200) });
export type SignIn = z.infer<typeof signIn>;

/** Who the sender of a request is. */
export const session = z.strictObject({
  principal: z.enum(['viewer', 'operator']),
  version: z.string(),
});
export type Session = z.infer<typeof session>;

/** Who is to be let in. */
export const invitation = z.strictObject({ principal: session.shape.principal });
export type Invitation = z.infer<typeof invitation>;

/** What lets them in, once, within ten minutes. */
export const invited = z.strictObject({
  code: z.string(),
  /** Where a proxy serves the dashboard, if one does; null if it is reached as the coordinator is. */
  url: z.string().nullable(),
});
export type Invited = z.infer<typeof invited>;

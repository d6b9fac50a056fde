import type * as z from 'zod';

/** One request that the coordinator answers. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With parameters written as in `/api/runs/:run`. */
  readonly path: string;
  readonly summary: string;
  /** The least privileged principal whose token or session suffices; `anyone` needs neither. */
  readonly principal: 'anyone' | 'viewer' | 'operator';
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Whether the body may be left out. */
  readonly isBodyOptional?: true;
  readonly answer: { readonly status: number; readonly schema: z.ZodType; readonly types?: readonly string[] };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from '@layerline/protocol';
import type * as z from 'zod';

/** A request as a handler takes it: its parameters and its query. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
}

/** Returns the body of the answer, or undefined if the handler answers by itself. */
export type Handler = (asked: Asked) => object | undefined | Promise<object | undefined>;

/** @throws ProtocolError */
export function queryOf<Query>({ query }: Asked, schema: z.ZodType<Query>): Query {
  return parse(schema, Object.fromEntries(query));
}

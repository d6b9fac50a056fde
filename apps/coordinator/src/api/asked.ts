import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from '@layerline/protocol';
import type { Principal } from '@layerline/security';
import type * as z from 'zod';
import { ApiError } from './errors.js';

const MAX_BODY_BYTES = 256 * 1024;

/** A request as a handler takes it: its parameters and its query. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  /** Whom it comes from; empty if that does not matter. */
  readonly principals: readonly Principal[];
}

/** Returns the body of the answer, or undefined if the handler answers by itself. */
export type Handler = (asked: Asked) => object | undefined | Promise<object | undefined>;

/** The id of the run that is asked about; empty if none is named. */
export function runIdOf({ parameters }: Asked): string {
  return parameters['run'] ?? '';
}

/** @throws ProtocolError */
export function queryOf<Query>({ query }: Asked, schema: z.ZodType<Query>): Query {
  return parse(schema, Object.fromEntries(query));
}

/** Reads a request's body; undefined where it has none. @param most in bytes @throws ApiError */
export async function bodyOf({ request }: Asked, most = MAX_BODY_BYTES): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  // A client that sends too much is to be told so, for which leaving the loop must not destroy the connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) throw new ApiError(413, `the body has more than ${most} bytes`);
    chunks.push(chunk);
  }
  if (length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new ApiError(400, 'the body is not JSON');
  }
}

import * as z from 'zod';
import type { Route } from './route.js';
import { failure, ROUTES } from './routes.js';
import { RUN_ACTIONS } from './steering.js';

/** An OpenAPI document, in plain JSON. */
export type OpenApi = Readonly<Record<string, unknown>>;

const PARAMETER = /:(\w+)/g;
const REFUSALS = {
  400: 'The request is invalid, as the message explains',
  401: 'The token or session is missing or wrong',
  403: 'The token or session is not good for this, or another site asks',
  404: 'There is no such run, node or path',
  409: 'It cannot be done as things stand',
} as const;

/**
 * Describes the coordinator's HTTP interface in OpenAPI 3.1, with the payload of every event, from the schemas that both
 * sides parse with.
 */
export function openApi(version: string): OpenApi {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const path = route.path.replaceAll(PARAMETER, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Layerline coordinator',
      version,
      description:
        "Every request carries a token, `Authorization: Bearer`, or a browser's session: a viewer's to look and an operator's " +
        'to change. The cookie of a session is named by the port by which the coordinator is called.',
    },
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'layerline-PORT' },
      },
    },
  };
}

function operationOf(operationId: string, route: Route): object {
  const { summary, principal, body, isBodyOptional = false, answer } = route;
  const refusal = { content: { 'application/json': { schema: jsonSchema(failure) } } };
  const responses = Object.entries(REFUSALS).map(([status, description]) => [status, { description, ...refusal }]);
  return {
    operationId,
    summary,
    ...(principal === 'anyone' ? { security: [] } : { 'x-token-of': principal }),
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(body && {
      requestBody: {
        required: !isBodyOptional,
        content: { 'application/json': { schema: jsonSchema(body, 'input') } },
      },
    }),
    responses: {
      [answer.status]: {
        description: summary,
        content: Object.fromEntries(
          (answer.types ?? ['application/json']).map((type) => [type, { schema: jsonSchema(answer.schema) }]),
        ),
      },
      ...(Object.fromEntries(responses) as Record<string, object>),
    },
  };
}

function pathParameters({ path }: Route): object[] {
  return [...path.matchAll(PARAMETER)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', ...(name === 'action' ? { enum: RUN_ACTIONS } : {}) },
  }));
}

function queryParameters({ query }: Route): object[] {
  if (query === undefined) return [];
  const { properties = {} } = jsonSchema(query, 'input') as { readonly properties?: Record<string, object> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output' = 'output'): object {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
  return described;
}

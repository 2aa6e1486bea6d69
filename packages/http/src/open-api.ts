import { closeObjects } from './routing/close-objects.ts';
import type { Route, RouteResponse } from './routing/route.ts';

/** An OpenAPI 3.1 document, as far as its makers and mergers look into it. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: OpenApiInfo;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface OpenApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
}

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'Problem details (RFC 9457). `code` is stable; `traceId` finds the request in logs and traces.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'traceId'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string' },
    traceId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
} as const;

const COMPONENTS = {
  schemas: { Problem: PROBLEM_SCHEMA },
  responses: {
    Problem: {
      description: 'The request was refused or failed.',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
  parameters: {
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description:
        'Makes sending again safe: the same key and request give the stored answer for 24 h, another request 422, one still under way 409.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' },
    },
  },
  securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
} as const;

const PROBLEM = { $ref: '#/components/responses/Problem' } as const;

/** The OpenAPI 3.1 document of routes; internal ones are left out. */
export function openApiOf(routes: readonly Route[], info: OpenApiInfo): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes.filter(({ isInternal }) => !isInternal)) {
    const path = route.path.replaceAll('+}', '}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return { openapi: '3.1.0', info, paths, components: COMPONENTS };
}

/**
 * One document of several, e.g. of the services behind an edge.
 * @throws {Error} when two of them declare the same operation.
 */
export function mergeOpenApi(documents: readonly OpenApiDocument[], info: OpenApiInfo): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  const components: Record<string, Record<string, unknown>> = {};
  for (const document of documents) {
    for (const [path, operations] of Object.entries(document.paths)) {
      const twice = Object.keys(operations).find((method) => paths[path]?.[method] !== undefined);
      if (twice !== undefined) throw new Error(`${twice.toUpperCase()} ${path} is declared by two services.`);
      paths[path] = { ...paths[path], ...operations };
    }
    for (const [kind, members] of Object.entries(document.components)) components[kind] = { ...components[kind], ...members };
  }
  return { openapi: '3.1.0', info, paths, components };
}

function operationOf(route: Route): Record<string, unknown> {
  return {
    operationId: route.operationId,
    summary: route.summary,
    security: securityOf(route),
    parameters: [
      ...parametersOf('path', route.pathSchema, pathNames(route.path)),
      ...parametersOf('query', route.querySchema),
      ...parametersOf('header', route.headersSchema),
      ...(route.idempotent ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ],
    ...bodyOf(route),
    responses: responsesOf(route),
  };
}

function securityOf(route: Route): readonly unknown[] {
  const bearer = { bearerAuth: route.scopes ?? [] };
  return { none: [], optional: [{}, bearer], required: [bearer] }[route.auth];
}

interface PropertySchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, PropertySchema>>;
  readonly required?: readonly string[];
}

/** Path parameters that no schema describes are text. */
function parametersOf(place: 'path' | 'query' | 'header', schema: unknown, names: readonly string[] = []): unknown[] {
  const { properties = {}, required = [] } = (schema ?? {}) as ObjectSchema;
  return [...new Set([...names, ...Object.keys(properties)])].map((name) => {
    const property: PropertySchema = properties[name] ?? { type: 'string' };
    return {
      name,
      in: place,
      required: place === 'path' || (required.includes(name) && property.default === undefined),
      ...(property.description !== undefined && { description: property.description }),
      schema: plain(property),
      ...(property.type === 'array' && { style: 'form', explode: true }),
    };
  });
}

function pathNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\+?\}/g)].map((match) => match[1] ?? '');
}

function bodyOf(route: Route): { requestBody?: unknown } {
  if (route.bodySchema !== undefined) {
    return {
      requestBody: { required: true, content: { 'application/json': { schema: closeObjects(plain(route.bodySchema)) } } },
    };
  }
  if (route.rawBody === undefined) return {};
  const { contentType, schema } = route.rawBody;
  return { requestBody: { required: true, content: { [contentType]: schema === undefined ? {} : { schema: plain(schema) } } } };
}

/** What the route says, and the refusals that follow from its declaration. */
function responsesOf(route: Route): Record<string, unknown> {
  const responses: Record<string, unknown> = {};
  for (const status of impliedRefusals(route)) responses[status] = PROBLEM;
  for (const [status, response] of Object.entries(route.responses)) responses[status] = responseOf(Number(status), response);
  responses.default = PROBLEM;
  return responses;
}

function impliedRefusals(route: Route): number[] {
  const hasParameters = [route.pathSchema, route.querySchema, route.headersSchema, route.bodySchema].some(
    (schema) => schema !== undefined,
  );
  return [
    ...(hasParameters || route.idempotent ? [400, 422] : []),
    ...(route.auth === 'none' ? [] : [401]),
    ...(route.scopes === undefined ? [] : [403]),
    ...(route.idempotent ? [409] : []),
    ...(route.bodySchema === undefined ? [] : [413, 415]),
  ];
}

function responseOf(status: number, response: RouteResponse): unknown {
  const { description, schema, contentType } = response;
  if (schema !== undefined) return { description, content: { [contentType ?? 'application/json']: { schema: plain(schema) } } };
  if (contentType !== undefined) return { description, content: { [contentType]: {} } };
  return status >= 400 ? { description, content: COMPONENTS.responses.Problem.content } : { description };
}

function plain(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema));
}

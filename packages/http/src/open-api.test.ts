import Type from 'typebox';
import { mergeOpenApi, openApiOf } from './open-api.ts';
import { defineRoute } from './routing/route.ts';

const handler = async () => ({ status: 200 });
const create = defineRoute({
  method: 'POST',
  path: '/storage/buckets',
  operationId: 'createBucket',
  summary: 'Create a bucket',
  auth: 'required',
  scopes: ['storage:write'],
  bodySchema: Type.Object({ name: Type.String({ minLength: 3 }) }),
  idempotent: true,
  responses: { 201: { description: 'Created.', schema: Type.Object({ bucketId: Type.String() }) } },
  handler,
});
const download = defineRoute({
  method: 'GET',
  path: '/storage/buckets/{bucket}/objects/{name+}',
  operationId: 'getObject',
  summary: 'Download',
  auth: 'optional',
  querySchema: Type.Object({
    versionId: Type.Optional(Type.String({ description: 'An older version.' })),
    limit: Type.Integer({ default: 50 }),
  }),
  headersSchema: Type.Object({ range: Type.Optional(Type.String()) }),
  responses: {
    200: { description: 'The bytes.', contentType: 'application/octet-stream' },
    304: { description: 'Not modified.' },
  },
  handler,
});
const upload = defineRoute({
  ...download,
  method: 'PUT',
  operationId: 'putObject',
  auth: 'required',
  rawBody: { contentType: 'application/octet-stream' },
});
const internal = defineRoute({ ...download, path: '/internal/buckets', operationId: 'internal', isInternal: true });

interface Operation {
  readonly operationId: string;
  readonly security: unknown;
  readonly parameters: readonly { name?: string; $ref?: string; in?: string; required?: boolean; schema?: unknown }[];
  readonly requestBody?: { content: Record<string, { schema?: { additionalProperties?: boolean } }> };
  readonly responses: Record<string, { $ref?: string; content?: Record<string, unknown> }>;
}

const info = { title: 'Storage', version: '1.2.3' };
const document = openApiOf([create, download, upload, internal], info);
const operation = (path: string, method: string) => document.paths[path]?.[method] as Operation;

describe('openApiOf', () => {
  it('holds every route that is not internal, under its documented path', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(operations).toEqual([
      'post /storage/buckets',
      'get /storage/buckets/{bucket}/objects/{name}',
      'put /storage/buckets/{bucket}/objects/{name}',
    ]);
  });

  it('says who may call: nobody without token, scopes, or anybody', () => {
    expect(operation('/storage/buckets', 'post').security).toEqual([{ bearerAuth: ['storage:write'] }]);
    expect(operation('/storage/buckets/{bucket}/objects/{name}', 'get').security).toEqual([{}, { bearerAuth: [] }]);
  });

  it('lists parameters of path, query and header; one with a default is not required', () => {
    const { parameters } = operation('/storage/buckets/{bucket}/objects/{name}', 'get');
    expect(parameters.map(({ name, in: place, required }) => `${place} ${name} ${required}`)).toEqual([
      'path bucket true',
      'path name true',
      'query versionId false',
      'query limit false',
      'header range false',
    ]);
  });

  it('names the idempotency header, closed bodies, and the refusals that follow from the declaration', () => {
    const post = operation('/storage/buckets', 'post');
    expect(post.parameters).toEqual([{ $ref: '#/components/parameters/IdempotencyKey' }]);
    expect(post.requestBody?.content['application/json']?.schema?.additionalProperties).toBe(false);
    expect(Object.keys(post.responses)).toEqual(['201', '400', '401', '403', '409', '413', '415', '422', 'default']);
  });

  it('has an answer for everything and no reference that leads nowhere', () => {
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(5);
    for (const [, kind = '', name = ''] of references) expect(document.components[kind]).toHaveProperty(name);
    const operationIds = [...text.matchAll(/"operationId":"(\w+)"/g)].map((match) => match[1]);
    expect(new Set(operationIds).size).toBe(operationIds.length);
    expect(document).toMatchObject({ openapi: '3.1.0', info });
  });
});

describe('mergeOpenApi', () => {
  it('joins the paths of several services', () => {
    const merged = mergeOpenApi([openApiOf([create], info), openApiOf([download], info), openApiOf([upload], info)], info);
    expect(merged.paths).toEqual(document.paths);
    expect(merged.components).toEqual(document.components);
  });

  it('refuses an operation that two services declare', () => {
    expect(() => mergeOpenApi([openApiOf([create], info), openApiOf([create], info)], info)).toThrow(
      'POST /storage/buckets is declared by two services',
    );
  });
});

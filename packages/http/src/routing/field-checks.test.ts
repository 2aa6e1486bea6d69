import { createLogger, createMetrics } from '@throughline/telemetry';
import Type from 'typebox';
import { cursorCheck, decodeCursor, pageSchema } from '../page.ts';
import { createHttpServer, type HttpServer } from '../server/http-server.ts';
import { defineRoute } from './route.ts';

const isOdd = (text: string) => (text.length % 2 === 1 ? 'must have an even length' : undefined);

const route = {
  path: '/things/{name}',
  operationId: 'changeThing',
  summary: 'Change',
  auth: 'none',
  pathSchema: Type.Object({ name: Type.String({ minLength: 2 }) }),
  responses: { 200: { description: 'Done.' } },
} as const;

const routes = [
  defineRoute({
    ...route,
    method: 'PATCH',
    bodySchema: Type.Object({ tags: Type.Array(Type.String({ minLength: 1 })), note: Type.Optional(Type.String()) }),
    fieldChecks: {
      'path/name': isOdd,
      'body/tags': (tags: string[]) => (tags.includes('a,b') ? 'no commas' : undefined),
      'body/note': isOdd,
    },
    handler: async () => ({ status: 200 }),
  }),
  defineRoute({
    ...route,
    method: 'GET',
    operationId: 'readThing',
    querySchema: Type.Object({ ...pageSchema().properties, id: Type.Optional(Type.String({ format: 'uuid' })) }),
    fieldChecks: { 'query/after': cursorCheck((text) => decodeCursor(text, 1)) },
    handler: async () => ({ status: 200 }),
  }),
];

let server: HttpServer;
let url: string;

beforeAll(async () => {
  server = createHttpServer({
    routes,
    logger: createLogger({ name: 'test', level: 'fatal' }),
    metrics: createMetrics({ service: 'test' }),
    title: 'Test',
    lastAnswersMs: 0,
  });
  url = `http://127.0.0.1:${(await server.listen({ host: '127.0.0.1', port: 0 })).port}`;
});

afterAll(() => server.close());

async function faults(path: string, body?: string | Uint8Array<ArrayBuffer>) {
  const init = body === undefined ? {} : { method: 'PATCH', body, headers: { 'content-type': 'application/json' } };
  const answer = await fetch(url + path, init);
  if (answer.status === 200) return 'accepted';
  const { code, errors } = (await answer.json()) as { code: string; errors?: { field: string; message: string }[] };
  return errors === undefined ? code : errors.map(({ field, message }) => `${field} ${message}`);
}

describe('field checks', () => {
  it('are reported together with the faults that schemas find', async () => {
    expect(await faults('/things/abc?x=1', '{"tags":["a,b"],"extra":1}')).toEqual([
      'query/x is not a known parameter',
      'body/extra is not a known field',
      'path/name must have an even length',
      'body/tags no commas',
    ]);
    expect(await faults('/things/ab?limit=0&after=zz')).toEqual([
      'query/limit must be at least 1',
      'query/after is not a cursor of this list',
    ]);
  });

  it('see only values that fit their schema', async () => {
    expect(await faults('/things/a', '{"tags":["a,b",""],"note":1}')).toEqual([
      'path/name must have at least 2 characters',
      'body/tags/1 must have at least 1 characters',
      'body/note must be of type string',
    ]);
    expect(await faults('/things/ab', '"tags"')).toEqual(['body must be of type object']);
    expect(await faults('/things/ab', '{"tags":[]}')).toBe('accepted');
  });
});

describe('parameters that no schema names', () => {
  it('are refused by writes and overlooked by reads', async () => {
    expect(await faults('/things/ab?versionId=1', '{"tags":[]}')).toEqual(['query/versionId is not a known parameter']);
    expect(await faults('/things/ab?utm_source=1')).toBe('accepted');
  });
});

describe('values', () => {
  it('takes a uuid in its plain form only', async () => {
    const id = 'b3b9a9a4-2f44-4f6b-9d1c-0d9f3a3d5a10';
    expect(await faults(`/things/ab?id=${id.toUpperCase()}`)).toBe('accepted');
    expect(await faults(`/things/ab?id=urn:uuid:${id}`)).toEqual(['query/id must be a valid uuid']);
  });

  it('takes a cursor that is as long as a name makes it', async () => {
    const cursor = Buffer.from(JSON.stringify(['"'.repeat(1024)])).toString('base64url');
    expect(await faults(`/things/ab?after=${cursor}`)).toBe('accepted');
  });

  it.each(['null', '0', '"text"', 'true'])('says of the body %s that it is no object', async (body) => {
    expect(await faults('/things/ab', body)).toEqual(['body must be of type object']);
  });

  it('refuses a body that is not UTF-8', async () => {
    expect(await faults('/things/ab', new Uint8Array(Buffer.from('{"tags":["\xff"]}', 'latin1')))).toBe('body_malformed');
  });
});

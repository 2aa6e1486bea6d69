import { createLogger, createMetrics } from '@throughline/telemetry';
import { defineRoute } from '../routing/route.ts';
import { createOpsServer, type OpsServer } from './ops-server.ts';

const healthy = async () => ({ isHealthy: true, checks: {} });
const route = (path: string, auth: 'required' | 'none' = 'required') =>
  defineRoute({
    method: 'GET',
    path,
    operationId: 'look',
    summary: 'Look',
    auth,
    responses: { 200: { description: 'Seen.' } },
    handler: async () => ({ status: 200, body: { seen: true } }),
  });
let server: OpsServer;
let url: string;

beforeEach(async () => {
  server = createOpsServer({
    readiness: healthy,
    liveness: healthy,
    metrics: createMetrics({ service: 'test' }),
    logger: createLogger({ name: 'test', level: 'fatal' }),
  });
  url = `http://127.0.0.1:${(await server.listen({ host: '127.0.0.1', port: 0 })).port}`;
});
afterEach(() => server.close());

const get = (path: string, token?: string) =>
  fetch(url + path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

it('has no operations before they are mounted', async () => {
  expect((await get('/operations/things', 'right')).status).toBe(404);
});

it.each([
  ['the token', 'right', 200],
  ['another', 'wrong', 401],
  ['one that begins alike', 'right1', 401],
  ['none', undefined, 401],
])('answers an operation with %s: %s, %d', async (_, token, status) => {
  server.mount({ routes: [route('/operations/things')], token: 'right' });
  expect((await get('/operations/things', token)).status).toBe(status);
  expect((await get('/readyz')).status).toBe(200);
});

it('documents the operations, and leaves what is beside them alone', async () => {
  server.mount({ routes: [route('/operations')], token: 'right' });
  expect(await (await get('/operations/openapi.json')).json()).toMatchObject({ paths: { '/operations': {} } });
  expect((await get('/operations', 'right')).status).toBe(200);
  expect((await get('/operationsx', 'right')).status).toBe(404);
  expect((await get('/operations/other', 'right')).status).toBe(404);
});

it('is unavailable once it is unmounted, and the probes go on', async () => {
  const unmount = server.mount({ routes: [route('/operations')], token: 'right' });
  unmount();
  expect((await get('/operations', 'right')).status).toBe(503);
  expect((await get('/livez')).status).toBe(200);
});

it.each([
  ['elsewhere', route('/things')],
  ['beside', route('/operationsx')],
  ['open', route('/operations/things', 'none')],
])('refuses a route that is %s', (_, misplaced) => {
  expect(() => server.mount({ routes: [misplaced], token: 'right' })).toThrow('must be below /operations');
});

it('refuses a second set of operations', () => {
  server.mount({ routes: [], token: 'right' });
  expect(() => server.mount({ routes: [], token: 'right' })).toThrow('already');
});

import { EventEmitter, once } from 'node:events';
import { createLogger, createMetrics } from '@throughline/telemetry';
import Type from 'typebox';
import { Problem } from '../problems/problem.ts';
import { type Answer, defineRoute, type Route, type RouteContext } from '../routing/route.ts';
import { createHttpServer, type HttpServer } from '../server/http-server.ts';
import type { IdempotencyClaim, IdempotencyStore } from './idempotency.ts';

type Scope = Parameters<IdempotencyStore['claim']>[0];

/** The port in memory, with what the tests look at. */
function memoryStore() {
  const entries = new Map<string, Extract<IdempotencyClaim, { outcome: 'done' }> | 'running'>();
  const scopes: Scope[] = [];
  const transactions: unknown[] = [];
  const renewals = new EventEmitter();
  const store: IdempotencyStore = {
    claim: async (scope) => {
      scopes.push(scope);
      const token = JSON.stringify(scope);
      const entry = entries.get(token);
      if (entry === 'running') return { outcome: 'running' };
      if (entry !== undefined) return entry;
      entries.set(token, 'running');
      return { outcome: 'claimed', token };
    },
    complete: async (token, { fingerprint, answer }, tx) => {
      transactions.push(tx);
      entries.set(token, { outcome: 'done', fingerprint, answer: structuredClone(answer) });
    },
    claimMs: 30,
    renew: async (token) => {
      renewals.emit('renewed', token);
    },
    release: async (token) => {
      if (entries.get(token) === 'running') entries.delete(token);
    },
  };
  return { store, scopes, transactions, entries, renewals };
}

let server: HttpServer | undefined;
afterEach(() => server?.close());

type Handler = (
  context: RouteContext<Record<string, unknown>, Record<string, unknown>, Record<string, unknown>, { name: string }>,
) => Promise<Answer>;

async function serve(handler: Handler, overrides: Partial<Route> = {}) {
  const memory = memoryStore();
  const route = defineRoute({
    method: 'POST',
    path: '/things',
    operationId: 'makeThing',
    summary: 'Make',
    auth: 'required',
    bodySchema: Type.Object({ name: Type.String({ minLength: 2 }), note: Type.Optional(Type.String()) }),
    idempotent: true,
    responses: { 201: { description: 'Made.' } },
    handler: handler as Route['handler'],
  });
  server = createHttpServer({
    routes: [{ ...route, ...overrides }],
    logger: createLogger({ name: 'test', level: 'fatal' }),
    metrics: createMetrics({ service: 'test' }),
    title: 'Test',
    lastAnswersMs: 0,
    idempotency: memory.store,
    verifyToken: async (token) => ({ userId: token, roles: [], scopes: [] }),
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const send = async (options: { key?: string; body?: string; user?: string; query?: string }) => {
    const response = await fetch(`http://127.0.0.1:${port}/things${options.query ?? ''}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${options.user ?? 'anna'}`,
        ...(options.key !== undefined && { 'idempotency-key': options.key }),
      },
      body: options.body ?? '{"name":"one"}',
    });
    const body = (await response.json()) as { code?: string; count?: number };
    return {
      status: response.status,
      isReplayed: response.headers.get('idempotency-replayed') === 'true',
      location: response.headers.get('location'),
      ...body,
    };
  };
  return { ...memory, send };
}

function counting() {
  let count = 0;
  return async (): Promise<Answer> => {
    count += 1;
    return { status: 201, body: { count }, headers: { location: `/things/${count}` } };
  };
}

describe('a request with an Idempotency-Key', () => {
  it('is executed once; the same again gets the stored answer, marked', async () => {
    const { send } = await serve(counting());
    expect(await send({ key: '"k1"' })).toMatchObject({ status: 201, count: 1, isReplayed: false, location: '/things/1' });
    expect(await send({ key: 'k1' })).toMatchObject({ status: 201, count: 1, isReplayed: true, location: '/things/1' });
    expect(await send({ key: '"k2"' })).toMatchObject({ count: 2 });
    expect(await send({})).toMatchObject({ count: 3, isReplayed: false });
  });

  it('compares bodies by meaning: other order and white space are the same, another value or path is 422', async () => {
    const { send } = await serve(counting());
    await send({ key: 'k', body: '{"name":"one","note":"n"}' });
    expect(await send({ key: 'k', body: '{ "note": "n", "name": "one" }' })).toMatchObject({ isReplayed: true });
    expect(await send({ key: 'k', body: '{"name":"two","note":"n"}' })).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
    expect(await send({ key: 'k', body: '{"name":"one","note":"n"}', query: '?x=1' })).toMatchObject({ status: 422 });
  });

  it('keeps a slow, salted hash of a body that holds a secret, and still compares by it', async () => {
    const { send, entries } = await serve(counting(), { hasSecretBody: true });
    await send({ key: 'k1' });
    await send({ key: 'k2' });
    const [first, second] = [...entries.values()].map((entry) => (entry === 'running' ? undefined : entry.fingerprint));
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).not.toBe(first);
    expect(await send({ key: 'k1' })).toMatchObject({ isReplayed: true });
    expect(await send({ key: 'k1', body: '{"name":"two"}' })).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });

  it('is admitted first: a refused request costs no hash and no claim', async () => {
    const refused = new Problem({ kind: 'too-many-requests', code: 'slow_down', detail: 'Later.' });
    const { send, scopes } = await serve(counting(), { hasSecretBody: true, admit: () => Promise.reject(refused) });
    expect(await send({ key: 'k' })).toMatchObject({ status: 429, code: 'slow_down' });
    expect(scopes).toEqual([]);
  });

  it('keeps its claim while the handler works', async () => {
    const finish = Promise.withResolvers<void>();
    const { send, renewals } = await serve(async () => {
      await finish.promise;
      return { status: 201, body: {} };
    });
    const answer = send({ key: 'k' });
    await once(renewals, 'renewed');
    finish.resolve();
    expect((await answer).status).toBe(201);
  });

  it('belongs to its caller', async () => {
    const { send, scopes } = await serve(counting());
    await send({ key: 'k', user: 'anna' });
    expect(await send({ key: 'k', user: 'ben' })).toMatchObject({ count: 2, isReplayed: false });
    expect(scopes.map(({ caller, operation }) => `${caller} ${operation}`)).toEqual(['anna makeThing', 'ben makeThing']);
  });

  it('is 409 with Retry-After while the first is under way', async () => {
    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const { send } = await serve(async () => {
      started.resolve();
      await finish.promise;
      return { status: 201, body: {} };
    });
    const first = send({ key: 'k' });
    await started.promise;
    expect(await send({ key: 'k' })).toMatchObject({ status: 409, code: 'idempotency_key_running' });
    finish.resolve();
    expect(await first).toMatchObject({ status: 201 });
  });

  it.each([['""'], ['x'.repeat(256)], ['"open'], ['ä']])('%s is no key: 400', async (key) => {
    const { send, entries } = await serve(counting());
    expect(await send({ key: Buffer.from(key).toString('latin1') })).toMatchObject({
      status: 400,
      code: 'idempotency_key_invalid',
    });
    expect(entries.size).toBe(0);
  });

  it('that fails validation leaves the key free', async () => {
    const { send } = await serve(counting());
    expect(await send({ key: 'k', body: '{"name":""}' })).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(await send({ key: 'k' })).toMatchObject({ status: 201, count: 1 });
  });

  it.each([
    ['conflict', 409, true],
    ['not-found', 404, true],
    ['unprocessable', 422, true],
    ['forbidden', 403, false],
    ['too-many-requests', 429, false],
    ['unavailable', 503, false],
  ] as const)('refused by its handler as %s (%d): kept = %s', async (kind, status, isKept) => {
    let calls = 0;
    const { send } = await serve(async () => {
      calls += 1;
      throw new Problem({ kind, code: 'refused', detail: 'No.' });
    });
    expect(await send({ key: 'k' })).toMatchObject({ status, code: 'refused', isReplayed: false });
    expect(await send({ key: 'k' })).toMatchObject({ status, code: 'refused', isReplayed: isKept });
    expect(calls).toBe(isKept ? 1 : 2);
  });

  it('that failed unexpectedly may be sent again', async () => {
    let calls = 0;
    const { send } = await serve(async () => {
      calls += 1;
      if (calls === 1) throw new Error('broken');
      return { status: 201, body: { count: calls } };
    });
    expect(await send({ key: 'k' })).toMatchObject({ status: 500 });
    expect(await send({ key: 'k' })).toMatchObject({ status: 201, count: 2 });
  });

  it('stores its answer in the handler’s transaction, once', async () => {
    const tx = { name: 'transaction' };
    const { send, transactions } = await serve(async ({ idempotency }) => {
      const answer = { status: 201, body: { count: 1 } };
      await idempotency?.complete(answer, tx);
      return answer;
    });
    await send({ key: 'k' });
    expect(await send({ key: 'k' })).toMatchObject({ status: 201, isReplayed: true });
    expect(transactions).toEqual([tx]);
  });
});

describe('a store that fails after the effect', () => {
  it('does not turn the answer into a failure', async () => {
    const { send, store } = await serve(counting());
    store.complete = () => Promise.reject(new Error('no connection'));
    expect(await send({ key: 'k' })).toMatchObject({ status: 201, count: 1 });
    expect(await send({ key: 'k' })).toMatchObject({ status: 409 });
  });
});

describe('a route that reads its body itself', () => {
  it('resolves the fingerprint after reading', async () => {
    let executions = 0;
    const { send } = await serve(
      async ({ request, idempotency }) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const stored = idempotency?.resolveFingerprint(Buffer.concat(chunks).toString());
        if (stored !== undefined) return stored;
        executions += 1;
        return { status: 201, body: { count: executions } };
      },
      { bodySchema: undefined as never, rawBody: { contentType: 'application/json' } },
    );
    expect(await send({ key: 'k', body: 'abc' })).toMatchObject({ count: 1, isReplayed: false });
    expect(await send({ key: 'k', body: 'abc' })).toMatchObject({ count: 1, isReplayed: true });
    expect(await send({ key: 'k', body: 'abd' })).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(executions).toBe(1);
  });
});

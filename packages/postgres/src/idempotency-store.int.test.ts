import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase } from '@throughline/testing';
import { createDatabase } from './database/create-database.ts';
import type { Database } from './database/database.ts';
import { createIdempotencyStore, type IdempotencyClaim } from './idempotency-store.ts';
import { migrate } from './migrate.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
const scope = { caller: 'user-1', operation: 'POST /things', key: 'k' };
const result = { fingerprint: 'sha', answer: { status: 201, headers: { location: '/things/1' }, body: { z: 1, a: 'größe \0' } } };
let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'idempotency-test', logger });
  await migrate({ database, logger });
  await database.execute('CREATE TABLE effects (id int)');
});
afterAll(async () => {
  await database.close();
  await home.drop();
});
beforeEach(() => database.execute('TRUNCATE idempotency_keys, effects'));

function tokenOf(claim: IdempotencyClaim): string {
  if (claim.outcome !== 'claimed') throw new Error(`expected a claim, got ${claim.outcome}`);
  return claim.token;
}

it('lets one of many execute, and gives its answer to all who come later, as it was', async () => {
  const store = createIdempotencyStore({ database });
  const claims = await Promise.all(Array.from({ length: 10 }, () => store.claim(scope)));
  const claimed = claims.filter(({ outcome }) => outcome === 'claimed');
  expect(claimed).toHaveLength(1);
  expect(claims.filter(({ outcome }) => outcome === 'running')).toHaveLength(9);
  await store.complete(tokenOf(claimed[0] as IdempotencyClaim), result);
  const later = await store.claim(scope);
  expect(later).toEqual({ outcome: 'done', ...result });
  expect(JSON.stringify(later)).toContain('{"z":1,"a"');
});

it('keeps callers, operations and keys apart', async () => {
  const store = createIdempotencyStore({ database });
  for (const other of [scope, { ...scope, caller: 'user-2' }, { ...scope, operation: 'POST /others' }, { ...scope, key: 'l' }]) {
    expect(await store.claim(other)).toMatchObject({ outcome: 'claimed' });
  }
});

it('commits effect and answer together, or neither', async () => {
  const store = createIdempotencyStore({ database });
  const token = tokenOf(await store.claim(scope));
  const attempt = database.transaction(async (tx) => {
    await tx.execute('INSERT INTO effects VALUES (1)');
    await store.complete(token, result, tx);
    throw new Error('late');
  });
  await expect(attempt).rejects.toThrow('late');
  expect(await store.claim(scope)).toEqual({ outcome: 'running' });
  await store.release(token);
  expect(await store.claim(scope)).toMatchObject({ outcome: 'claimed' });
});

it('does not forget an answer that is there', async () => {
  const store = createIdempotencyStore({ database });
  const token = tokenOf(await store.claim(scope));
  await store.complete(token, result);
  await store.release(token);
  expect(await store.claim(scope)).toMatchObject({ outcome: 'done' });
});

it('leaves a claim to whoever renews it, and nobody else’s', async () => {
  const expired = createIdempotencyStore({ database, claimMs: -1 });
  const token = tokenOf(await expired.claim(scope));
  await createIdempotencyStore({ database }).renew(token);
  expect(await expired.claim(scope)).toEqual({ outcome: 'running' });
  await expired.renew(token);
  const second = tokenOf(await expired.claim(scope));
  await createIdempotencyStore({ database }).renew(token);
  expect(tokenOf(await expired.claim(scope))).not.toBe(second);
});

it('lets another execute when a claim is over, and rolls the first one back', async () => {
  const store = createIdempotencyStore({ database, claimMs: -1 });
  const first = tokenOf(await store.claim(scope));
  const second = tokenOf(await createIdempotencyStore({ database }).claim(scope));
  const attempt = database.transaction(async (tx) => {
    await tx.execute('INSERT INTO effects VALUES (1)');
    await store.complete(first, result, tx);
  });
  await expect(attempt).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(await database.query('SELECT 1 FROM effects')).toEqual([]);
  await store.complete(second, result);
});

it('forgets an answer after its time', async () => {
  const store = createIdempotencyStore({ database, ttlMs: -1 });
  await store.complete(tokenOf(await store.claim(scope)), result);
  expect(await store.claim(scope)).toMatchObject({ outcome: 'claimed' });
});

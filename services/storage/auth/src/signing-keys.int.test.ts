import { createTestDatabase, stackAddresses, type TestDatabase, testPrefix } from '@throughline/testing';
import { decodeProtectedHeader } from 'jose';
import { ADMIN, type AuthFixture, HOUR_MS, MINUTE_MS, startAuth } from './auth.fixture.ts';

let testDatabase: TestDatabase;
let auth: AuthFixture;
/** Added to the clock of keys and tokens. */
let clockSkewMs = 0;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  auth = await startAuth({
    databaseUrl: testDatabase.url,
    redisUrl: stackAddresses().redisUrl,
    prefix: testPrefix('login'),
    clock: () => Date.now() + clockSkewMs,
  });
});

afterAll(async () => {
  await auth?.close();
  await testDatabase?.drop();
});

describe('keys', () => {
  const keyIds = async (): Promise<string[]> =>
    (await auth.call('GET', '/.well-known/jwks.json')).body.keys.map((key: { kid: string }) => key.kid);
  const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? '';

  afterEach(() => {
    clockSkewMs = 0;
  });

  it('are published without their private half, and may be kept for a minute', async () => {
    const { headers, body } = await auth.call('GET', '/.well-known/jwks.json');
    expect(headers.get('cache-control')).toBe('public, max-age=60');
    for (const key of body.keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('rotate without a valid token being refused', async () => {
    const oldToken = await auth.tokenOf();
    const rotated = await auth.call('POST', '/keys/rotate', { token: await auth.tokenOf(ADMIN) });
    expect([rotated.status, rotated.body]).toEqual([201, { kid: expect.any(String), activeFrom: expect.any(String) }]);
    expect(await keyIds()).toEqual(expect.arrayContaining([kidOf(oldToken), rotated.body.kid]));
    expect(kidOf(await auth.tokenOf())).toBe(kidOf(oldToken));
    const verifyBefore = auth.makeVerifier();
    await verifyBefore(oldToken);

    clockSkewMs = MINUTE_MS + 1_000;
    const newToken = await auth.tokenOf();
    expect(kidOf(newToken)).toBe(rotated.body.kid);
    await expect(verifyBefore(newToken)).resolves.toMatchObject({ roles: ['user'] });
    await expect(auth.makeVerifier()(oldToken)).resolves.toMatchObject({ roles: ['user'] });

    clockSkewMs = HOUR_MS - 10_000;
    expect(await keyIds()).toContain(kidOf(oldToken));
    await expect(auth.makeVerifier()(oldToken)).resolves.toMatchObject({ roles: ['user'] });

    clockSkewMs = HOUR_MS + 4 * MINUTE_MS;
    expect(await keyIds()).toEqual([rotated.body.kid]);
    await expect(auth.makeVerifier()(oldToken)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('are rotated by administrators only', async () => {
    expect((await auth.call('POST', '/keys/rotate')).status).toBe(401);
    expect(await auth.call('POST', '/keys/rotate', { token: await auth.tokenOf() })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
  });

  it('are rotated once by one Idempotency-Key', async () => {
    const token = await auth.tokenOf(ADMIN);
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const first = await auth.call('POST', '/keys/rotate', { token, headers });
    expect((await auth.call('POST', '/keys/rotate', { token, headers })).body).toEqual(first.body);
    expect((await keyIds()).filter((kid) => kid === first.body.kid)).toHaveLength(1);
  });

  it('are at most sixteen', async () => {
    const token = await auth.tokenOf(ADMIN);
    let last = await auth.call('POST', '/keys/rotate', { token });
    for (let round = 0; round < 16 && last.status === 201; round += 1) last = await auth.call('POST', '/keys/rotate', { token });
    expect(last).toMatchObject({ status: 409, body: { code: 'too_many_keys' } });
    expect(await keyIds()).toHaveLength(16);
  });

  it('survive a restart, and say which variable is wrong when they cannot be opened', async () => {
    const before = await auth.makeKeys().current();
    await expect(auth.makeKeys().current()).resolves.toMatchObject({ kid: before.kid });
    await expect(auth.makeKeys('another secret for tests, also longer than 32').ensureKey()).rejects.toThrow(
      'KEY_ENCRYPTION_SECRET',
    );
  });

  it('are made once by replicas that start together, and are sealed in the database', async () => {
    await auth.database.execute('DELETE FROM signing_keys');
    await Promise.all(Array.from({ length: 5 }, () => auth.makeKeys().ensureKey()));
    const rows = await auth.database.query<{ encrypted_private_key: Buffer }>('SELECT encrypted_private_key FROM signing_keys');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.encrypted_private_key.toString('latin1')).not.toContain('PRIVATE KEY');
  });
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestDatabase, stackAddresses, type TestDatabase, testPrefix } from '@throughline/testing';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type AuthFixture, ISSUER, someAddress, someEmail, startAuth } from './auth.fixture.ts';

let testDatabase: TestDatabase;
let auth: AuthFixture;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  auth = await startAuth({
    databaseUrl: testDatabase.url,
    redisUrl: stackAddresses().redisUrl,
    prefix: testPrefix('login'),
    clock: Date.now,
  });
});

afterAll(async () => {
  await auth?.close();
  await testDatabase?.drop();
});

describe('login', () => {
  it('gives a token that the key set verifies and that says who the user is', async () => {
    const email = someEmail();
    const { body: account } = await auth.register(email);
    const { status, headers, body } = await auth.login(email.toUpperCase());
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({ accessToken: expect.any(String), tokenType: 'Bearer', expiresIn: 3600 });
    const keySet = createRemoteJWKSet(new URL(auth.jwksUrl));
    const { payload, protectedHeader } = await jwtVerify(body.accessToken, keySet, { issuer: ISSUER, audience: 'throughline' });
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
    expect(payload).toEqual({
      iss: ISSUER,
      aud: 'throughline',
      sub: account.userId,
      email,
      roles: ['user'],
      scope: 'storage:read storage:write orders:read orders:write',
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 3600,
      jti: expect.any(String),
    });
  });

  it('answers an unknown address like a wrong password', async () => {
    const email = someEmail();
    await auth.register(email);
    const { instance: _, traceId: __, ...wrong } = (await auth.login(email, { password: 'wrong password' })).body;
    const { instance: ___, traceId: ____, ...unknown } = (await auth.login(someEmail())).body;
    expect(wrong).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(unknown).toEqual(wrong);
  });

  it('refuses an address with NUL, which no column holds', async () => {
    const { status, body } = await auth.login('a\u0000@example.com');
    expect([status, body.errors[0].field]).toEqual([422, 'body/email']);
  });

  it('takes about as long for an unknown address as for a wrong password', async () => {
    const email = someEmail();
    await auth.register(email);
    const timed = async (address: string): Promise<number> => {
      const startedAt = performance.now();
      await auth.login(address, { password: 'wrong password' });
      return performance.now() - startedAt;
    };
    const [known, unknown]: [number[], number[]] = [[], []];
    for (let round = 0; round < 9; round += 1) {
      known.push(await timed(email));
      unknown.push(await timed(someEmail()));
    }
    // The shortest of each: what a busy machine adds is in neither. Without hashing it would be a twentieth.
    expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) * 0.4);
  });

  it('refuses an account after ten failures in a minute, with the right password too, and nobody else', async () => {
    const [email, other, address] = [someEmail(), someEmail(), someAddress()];
    await Promise.all([auth.register(email), auth.register(other)]);
    for (let failure = 0; failure < 10; failure += 1)
      expect((await auth.login(email, { password: 'wrong password' })).status).toBe(401);
    const refused = await auth.login(email, { address });
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_logins' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await auth.login(other, { address })).status).toBe(200);
  });

  it('refuses an address after thirty failures in a minute, and the accounts from no other', async () => {
    const [email, address] = [someEmail(), someAddress()];
    await auth.register(email);
    for (let failure = 0; failure < 30; failure += 1) expect((await auth.login(someEmail(), { address })).status).toBe(401);
    expect((await auth.login(email, { address })).status).toBe(429);
    expect((await auth.login(email)).status).toBe(200);
  });

  it('lets no burst of guesses past the limit', async () => {
    const email = someEmail();
    await auth.register(email);
    const answers = await Promise.all(Array.from({ length: 40 }, () => auth.login(email, { password: 'wrong password' })));
    const tried = answers.filter(({ status }) => status === 401).length;
    // Two slots may have looked at the limit before either failure was counted.
    expect(tried).toBeGreaterThanOrEqual(10);
    expect(tried).toBeLessThanOrEqual(11);
    expect(answers.every(({ status }) => status === 401 || status === 429)).toBe(true);
  });

  it('never counts successful logins', async () => {
    const [email, address] = [someEmail(), someAddress()];
    await auth.register(email, { address });
    const answers = await Promise.all(Array.from({ length: 40 }, () => auth.login(email, { address })));
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
  });

  it.each([{ email: 'a@example.org' }, { email: '', password: '' }, { email: 'a@example.org', password: 'p'.repeat(129) }])(
    'refuses %j',
    async (body) => {
      expect((await auth.call('POST', '/login', { body })).status).toBe(422);
    },
  );
});

describe('without Redis', () => {
  it('goes on, and counts failures in memory against half the limit', async () => {
    const alone = await startAuth({
      databaseUrl: testDatabase.url,
      redisUrl: `redis://127.0.0.1:${await freePort()}`,
      prefix: testPrefix('login'),
      clock: Date.now,
    });
    const email = someEmail();
    expect((await alone.register(email)).status).toBe(201);
    expect((await alone.login(email)).status).toBe(200);
    for (let failure = 0; failure < 5; failure += 1) {
      expect((await alone.login(email, { password: 'wrong password' })).status).toBe(401);
    }
    expect((await alone.login(email)).status).toBe(429);
    const address = someAddress();
    const friend = someEmail();
    await alone.register(friend, { address });
    for (let round = 0; round < 20; round += 1) expect((await alone.login(friend, { address })).status).toBe(200);
    await alone.close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

import { randomUUID } from 'node:crypto';
import { createTestDatabase, stackAddresses, type TestDatabase, testPrefix } from '@throughline/testing';
import { ensureAdministrator } from './adapters/ensure-administrator.ts';
import { ADMIN, type AuthFixture, PASSWORD, SECRET, someAddress, someEmail, startAuth } from './auth.fixture.ts';

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

describe('register', () => {
  it('makes an account under the address in lower case', async () => {
    const email = someEmail();
    const { status, body } = await auth.register(email.toUpperCase());
    expect([status, body]).toEqual([201, { userId: expect.stringMatching(/^[0-9a-f-]{36}$/), email }]);
  });

  it('stores no more of the password than its argon2id hash', async () => {
    const email = someEmail();
    await auth.register(email);
    expect((await auth.accounts.findByEmail(email))?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('refuses a second account of an address, in whatever case', async () => {
    const email = someEmail();
    await auth.register(email);
    expect(await auth.register(email.toUpperCase())).toMatchObject({ status: 409, body: { code: 'email_taken' } });
  });

  it('lets one of many that ask at once have the address', async () => {
    const email = someEmail();
    const answers = await Promise.all(Array.from({ length: 6 }, () => auth.register(email)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('names every invalid field with its limit', async () => {
    const { status, body } = await auth.call('POST', '/register', {
      body: { email: 'nobody', password: 'short', role: 'admin' },
    });
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    const fields = Object.fromEntries(
      body.errors.map((error: { field: string; message: string }) => [error.field, error.message]),
    );
    expect(Object.keys(fields).sort()).toEqual(['body/email', 'body/password', 'body/role']);
    expect(fields['body/password']).toContain('8');
  });

  it.each([`${'a'.repeat(65)}@example.org`, `a@${'b'.repeat(250)}.org`, 'a@b', 'a b@example.org', 'a@example.org\u0000'])(
    'refuses the address %j',
    async (email) => {
      expect((await auth.register(email)).status).toBe(422);
    },
  );

  it('takes a password of 128 characters and refuses one more', async () => {
    const statuses = [128, 129].map((length) =>
      auth.call('POST', '/register', { body: { email: someEmail(), password: 'ü'.repeat(length) } }).then(({ status }) => status),
    );
    expect(await Promise.all(statuses)).toEqual([201, 422]);
  });

  it('answers the same key and body with the stored answer, another body with 422', async () => {
    const options = { address: someAddress(), headers: { 'idempotency-key': randomUUID() } };
    const email = someEmail();
    const first = await auth.register(email, options);
    const again = await auth.register(email, options);
    expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([201, first.body, 'true']);
    expect(await auth.register(someEmail(), options)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });
});

describe('the administrator', () => {
  const stored = () => auth.accounts.findByEmail(ADMIN.email);

  it('has the scope admin', async () => {
    const { body } = await auth.login(ADMIN.email, { password: ADMIN.password });
    expect(JSON.parse(Buffer.from(body.accessToken.split('.')[1], 'base64url').toString())).toMatchObject({
      roles: ['user', 'admin'],
      scope: 'storage:read storage:write orders:read orders:write admin',
    });
  });

  it('is left alone by a restart with the same password', async () => {
    const before = await stored();
    await ensureAdministrator(ADMIN, auth);
    expect(await stored()).toEqual(before);
  });

  it('gets the configured password', async () => {
    await ensureAdministrator({ ...ADMIN, password: 'another password' }, auth);
    expect((await auth.login(ADMIN.email, { password: 'another password' })).status).toBe(200);
    await ensureAdministrator(ADMIN, auth);
  });

  it('may be an account that was a user', async () => {
    const email = someEmail();
    const { body } = await auth.register(email);
    await ensureAdministrator({ email: email.toUpperCase(), password: PASSWORD }, auth);
    expect(await auth.accounts.findById(body.userId)).toMatchObject({ roles: ['user', 'admin'] });
  });

  it('is made once by replicas that start together', async () => {
    const credentials = { email: someEmail(), password: PASSWORD };
    await Promise.all(Array.from({ length: 4 }, () => ensureAdministrator(credentials, auth)));
    expect(await auth.accounts.findByEmail(credentials.email)).toMatchObject({ roles: ['user', 'admin'] });
  });
});

describe('me', () => {
  it('is the account of the token', async () => {
    const email = someEmail();
    const { body: account } = await auth.register(email);
    const { body } = await auth.login(email);
    expect(await auth.call('GET', '/me', { token: body.accessToken })).toMatchObject({
      status: 200,
      body: { ...account, roles: ['user'] },
    });
  });

  it('needs a token of this issuer', async () => {
    expect((await auth.call('GET', '/me')).status).toBe(401);
    expect((await auth.call('GET', '/me', { token: 'a.b.c' })).status).toBe(401);
  });
});

it('logs no password', () => {
  expect(auth.logText()).not.toBe('');
  for (const secret of [PASSWORD, ADMIN.password, 'wrong password', SECRET]) expect(auth.logText()).not.toContain(secret);
});

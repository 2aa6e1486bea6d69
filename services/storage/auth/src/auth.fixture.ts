import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { createHttpServer, createTokenVerifier, type VerifyToken } from '@throughline/http';
import { createDatabase, createIdempotencyStore, type Database, migrate } from '@throughline/postgres';
import { createRateLimiter, createRedis } from '@throughline/redis';
import { createLogger, createMetrics } from '@throughline/telemetry';
import { createAccessTokens, TOKEN_AUDIENCE } from './adapters/access-tokens.ts';
import { type AccountStore, createAccountStore } from './adapters/account-store.ts';
import { ensureAdministrator } from './adapters/ensure-administrator.ts';
import { createKeyCipher } from './adapters/key-cipher.ts';
import { createLoginLimiter } from './adapters/login-limiter.ts';
import { createPasswordHasher, type PasswordHasher } from './adapters/password-hasher.ts';
import { createRegistrationLimiter } from './adapters/registration-limiter.ts';
import { createSigningKeys, type SigningKeys } from './adapters/signing-keys.ts';
import { createSlots } from './adapters/slots.ts';
import { authRoutes } from './routes/auth-routes.ts';

export const ISSUER = 'http://issuer.test/storage/auth';
export const SECRET = 'a secret for tests, longer than thirty-two';
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;
export const PASSWORD = 'correct horse battery';
export const ADMIN = { email: 'admin@example.org', password: 'administrators password' };

export interface CallOptions {
  readonly body?: unknown;
  readonly token?: string;
  /** Where the call seems to come from. (Default: another address each time) */
  readonly address?: string;
  readonly headers?: Record<string, string>;
  readonly password?: string;
}

/** The auth service on a database and a Redis, and short ways to talk to it. */
export interface AuthFixture {
  readonly jwksUrl: string;
  readonly database: Database;
  readonly accounts: AccountStore;
  readonly hasher: PasswordHasher;
  readonly call: ReturnType<typeof createCaller>;
  register(email: string, options?: CallOptions): ReturnType<AuthFixture['call']>;
  login(email: string, options?: CallOptions): ReturnType<AuthFixture['call']>;
  /** The token of a new user, or with credentials of that account. */
  tokenOf(credentials?: { email: string; password: string }): Promise<string>;
  /** Keys as another replica, or this one after a restart, would have them. */
  makeKeys(secret?: string): SigningKeys;
  makeVerifier(): VerifyToken;
  logText(): string;
  close(): Promise<void>;
}

export interface AuthFixtureOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Of the keys in Redis. */
  readonly prefix: string;
  readonly clock: () => number;
}

export async function startAuth({ databaseUrl, redisUrl, prefix, clock }: AuthFixtureOptions): Promise<AuthFixture> {
  const log = captureLog();
  const { logger } = log;
  const metrics = createMetrics({ service: 'auth' });
  const database = createDatabase({ connectionString: databaseUrl, applicationName: 'auth-test', logger });
  await migrate({ database, directory: new URL('../migrations/', import.meta.url), logger });
  const hasher = await createPasswordHasher();
  const accounts = createAccountStore({ database });
  await ensureAdministrator(ADMIN, { database, accounts, hasher });
  const redis = createRedis({ url: redisUrl, logger });
  await redis.ping(1_000).catch(() => undefined);
  const rateLimiter = createRateLimiter({ redis, prefix, incarnation: prefix, logger, metrics });
  const makeKeys = (secret = SECRET): SigningKeys => {
    const cipher = createKeyCipher(secret);
    return createSigningKeys({ database, cipher, activationDelayMs: MINUTE_MS, tokenLifetimeMs: HOUR_MS, clock });
  };
  const keys = makeKeys();
  await keys.ensureKey();
  const routes = authRoutes({
    database,
    accounts,
    hasher,
    keys,
    jwksMaxAgeMs: MINUTE_MS,
    tokens: createAccessTokens({ keys, issuer: ISSUER, tokenLifetimeMs: HOUR_MS, clock }),
    slots: createSlots({ size: 2, maxWaiting: 200 }),
    loginLimiter: createLoginLimiter({ rateLimiter }),
    registrationLimiter: createRegistrationLimiter({ rateLimiter }),
  });
  let verify: VerifyToken | undefined;
  const verifyToken: VerifyToken = (token) => {
    verify ??= makeVerifier();
    return verify(token);
  };
  const idempotency = createIdempotencyStore({ database });
  const server = createHttpServer({ routes, verifyToken, idempotency, logger, metrics, title: 'Auth' });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const base = `http://127.0.0.1:${port}/storage/auth`;
  const jwksUrl = `${base}/.well-known/jwks.json`;
  const makeVerifier = (): VerifyToken => createTokenVerifier({ issuer: ISSUER, jwksUrl, audience: TOKEN_AUDIENCE, clock });
  const call = createCaller(base);
  const send =
    (path: string) =>
    (email: string, options: CallOptions = {}) =>
      call('POST', path, { body: { email, password: options.password ?? PASSWORD }, ...options });
  const [register, login] = [send('/register'), send('/login')];
  return {
    ...{ jwksUrl, database, accounts, hasher, call, register, login, makeKeys, makeVerifier, logText: log.text },
    async tokenOf(credentials) {
      const { email, password } = credentials ?? { email: someEmail(), password: PASSWORD };
      if (credentials === undefined) await register(email);
      return (await login(email, { password })).body.accessToken;
    },
    async close() {
      await server.close();
      await redis.close();
      await database.close();
    },
  };
}

export function someEmail(): string {
  return `${randomUUID()}@example.org`;
}

export function someAddress(): string {
  return Array.from({ length: 4 }, () => 1 + Math.floor(Math.random() * 250)).join('.');
}

function createCaller(base: string) {
  return async (method: string, path: string, { body, token, address = someAddress(), headers = {} }: CallOptions = {}) => {
    const answer = await fetch(base + path, {
      method,
      headers: {
        'x-forwarded-for': address,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) };
  };
}

function captureLog() {
  let text = '';
  const destination = new PassThrough();
  destination.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { logger: createLogger({ name: 'storage.auth', level: 'trace', destination }), text: () => text };
}

import { createHttpServer, createTokenVerifier } from '@throughline/http';
import { runService, startBackbone } from '@throughline/service';
import { createAccessTokens, TOKEN_AUDIENCE } from './adapters/access-tokens.ts';
import { createAccountStore } from './adapters/account-store.ts';
import { ensureAdministrator } from './adapters/ensure-administrator.ts';
import { createKeyCipher } from './adapters/key-cipher.ts';
import { createLoginLimiter } from './adapters/login-limiter.ts';
import { createPasswordHasher } from './adapters/password-hasher.ts';
import { createRegistrationLimiter } from './adapters/registration-limiter.ts';
import { createSigningKeys } from './adapters/signing-keys.ts';
import { createSlots } from './adapters/slots.ts';
import { readAuthConfig } from './config.ts';
import { authRoutes } from './routes/auth-routes.ts';

const config = readAuthConfig(process.env);
const { issuer, jwksUrl, adminEmail, adminPassword } = config;
const tokenLifetimeMs = config.tokenLifetimeSeconds * 1000;
const jwksMaxAgeMs = config.jwksMaxAgeSeconds * 1000;

await runService({
  name: 'storage.auth',
  config,
  build: async (runtime) => {
    const { logger, metrics } = runtime;
    const migrations = new URL('../migrations/', import.meta.url);
    const { database, idempotency, rateLimiter } = await startBackbone({ runtime, config, name: 'storage.auth', migrations });
    const accounts = createAccountStore({ database });
    const hasher = await createPasswordHasher();
    const cipher = createKeyCipher(config.keyEncryptionSecret);
    const keys = createSigningKeys({ database, cipher, activationDelayMs: jwksMaxAgeMs, tokenLifetimeMs });
    await keys.ensureKey();
    if (adminEmail !== undefined && adminPassword !== undefined) {
      await ensureAdministrator({ email: adminEmail, password: adminPassword }, { database, accounts, hasher });
    }
    const routes = authRoutes({
      database,
      accounts,
      hasher,
      keys,
      jwksMaxAgeMs,
      tokens: createAccessTokens({ keys, issuer, tokenLifetimeMs }),
      slots: createSlots({ size: 2, maxWaiting: 200 }),
      loginLimiter: createLoginLimiter({ rateLimiter }),
      registrationLimiter: createRegistrationLimiter({ rateLimiter }),
    });
    const verifyToken = createTokenVerifier({ issuer, jwksUrl, audience: TOKEN_AUDIENCE });
    const server = createHttpServer({
      routes,
      verifyToken,
      idempotency,
      logger,
      metrics,
      title: 'Auth',
      requestTimeoutMs: 30_000,
    });
    const { port } = await server.listen({ host: config.host, port: config.httpPort });
    runtime.onStop('http server', () => server.close(), { atMostMs: 9_000 });
    logger.info({ port }, `Auth listens on ${config.host}:${port}`);
  },
});

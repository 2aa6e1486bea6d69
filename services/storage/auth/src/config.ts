import { integer, oneOf, optional, port, readConfig, text, url } from '@throughline/service';
import { LOG_LEVELS } from '@throughline/telemetry';

/** Settings of the auth service. @throws with every fault of the environment at once. */
export function readAuthConfig(env: NodeJS.ProcessEnv) {
  return readConfig(env, {
    host: text('HOST', { default: '127.0.0.1' }),
    httpPort: port('HTTP_PORT'),
    opsPort: port('OPS_PORT'),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    databaseUrl: url('DATABASE_URL', { secret: true }),
    redisUrl: url('REDIS_URL', { secret: true }),
    issuer: url('AUTH_ISSUER'),
    jwksUrl: url('AUTH_JWKS_URL'),
    keyEncryptionSecret: text('KEY_ENCRYPTION_SECRET', { secret: true }),
    adminEmail: optional(text('ADMIN_EMAIL')),
    adminPassword: optional(text('ADMIN_PASSWORD', { secret: true })),
    tokenLifetimeSeconds: integer('TOKEN_LIFETIME_SECONDS', { min: 60, max: 86_400, default: 3600 }),
    jwksMaxAgeSeconds: integer('JWKS_MAX_AGE_SECONDS', { min: 30, max: 3600, default: 60 }),
  });
}

import { integer, optional, readConfig, SERVICE_FIELDS, text, url } from '@throughline/service';

/** Settings of the auth service. @throws with every fault of the environment at once. */
export function readAuthConfig(env: NodeJS.ProcessEnv) {
  return readConfig(env, {
    ...SERVICE_FIELDS,
    issuer: url('AUTH_ISSUER'),
    jwksUrl: url('AUTH_JWKS_URL'),
    keyEncryptionSecret: text('KEY_ENCRYPTION_SECRET', { secret: true }),
    adminEmail: optional(text('ADMIN_EMAIL')),
    adminPassword: optional(text('ADMIN_PASSWORD', { secret: true })),
    tokenLifetimeSeconds: integer('TOKEN_LIFETIME_SECONDS', { min: 60, max: 86_400, default: 3600 }),
    jwksMaxAgeSeconds: integer('JWKS_MAX_AGE_SECONDS', { min: 30, max: 3600, default: 60 }),
  });
}

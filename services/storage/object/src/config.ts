import { integer, KAFKA_FIELDS, readConfig, SERVICE_FIELDS, text, url } from '@throughline/service';
import { TOPIC_FIELDS } from './topics.ts';

const GIBIBYTE = 1024 ** 3;

/** Everything this service is told from outside, read once. */
export function readObjectConfig(environment: NodeJS.ProcessEnv) {
  return readConfig(environment, {
    ...SERVICE_FIELDS,
    ...KAFKA_FIELDS,
    authIssuer: url('AUTH_ISSUER'),
    authJwksUrl: url('AUTH_JWKS_URL'),
    bucketUrl: url('BUCKET_URL'),
    internalToken: text('INTERNAL_TOKEN', { secret: true }),
    dataDir: text('DATA_DIR'),
    ...TOPIC_FIELDS,
    maxObjectBytes: integer('MAX_OBJECT_BYTES', { min: 1, default: 5 * GIBIBYTE }),
    maxUserBytes: integer('MAX_USER_BYTES', { min: 1, default: 50 * GIBIBYTE }),
    maxUserObjects: integer('MAX_USER_OBJECTS', { min: 1, default: 1_000_000 }),
    uploadGraceMs: integer('UPLOAD_GRACE_MS', { min: 60_000, default: 300_000 }),
    sweepIntervalMs: integer('SWEEP_INTERVAL_MS', { min: 1_000, default: 600_000 }),
  });
}

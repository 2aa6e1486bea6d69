import { flag, list, oneOf, port, readConfig, text, url } from '@throughline/service';
import { LOG_LEVELS } from '@throughline/telemetry';

/** Settings of the bucket service. @throws {ConfigError} with every fault of the environment at once. */
export function readBucketConfig(environment: NodeJS.ProcessEnv) {
  return readConfig(environment, {
    host: text('HOST', { default: '127.0.0.1' }),
    httpPort: port('HTTP_PORT'),
    opsPort: port('OPS_PORT'),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    databaseUrl: url('DATABASE_URL', { secret: true }),
    redisUrl: url('REDIS_URL', { secret: true }),
    kafkaBrokers: list('KAFKA_BROKERS'),
    createTopics: flag('CREATE_TOPICS', false),
    bucketTopic: text('BUCKET_TOPIC', { default: 'storage.bucket.v1' }),
    issuer: url('AUTH_ISSUER'),
    jwksUrl: url('AUTH_JWKS_URL'),
    internalToken: text('INTERNAL_TOKEN', { secret: true }),
  });
}

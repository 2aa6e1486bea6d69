import { flag, list, oneOf, port, readConfig, text, url } from '@throughline/service';
import { LOG_LEVELS } from '@throughline/telemetry';

/** Everything this service is told from outside, read once. */
export function readMetadataConfig(environment: NodeJS.ProcessEnv) {
  return readConfig(environment, {
    host: text('HOST', { default: '0.0.0.0' }),
    httpPort: port('HTTP_PORT'),
    opsPort: port('OPS_PORT'),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    databaseUrl: url('DATABASE_URL', { secret: true }),
    redisUrl: url('REDIS_URL', { secret: true }),
    kafkaBrokers: list('KAFKA_BROKERS'),
    createTopics: flag('CREATE_TOPICS', false),
    authIssuer: url('AUTH_ISSUER'),
    authJwksUrl: url('AUTH_JWKS_URL'),
    objectTopic: text('OBJECT_TOPIC', { default: 'storage.object.v1' }),
    consumerGroup: text('CONSUMER_GROUP', { default: 'storage.metadata' }),
  });
}

import { KAFKA_FIELDS, readConfig, SERVICE_FIELDS, text, url } from '@throughline/service';

/** Everything this service is told from outside, read once. */
export function readMetadataConfig(environment: NodeJS.ProcessEnv) {
  return readConfig(environment, {
    ...SERVICE_FIELDS,
    ...KAFKA_FIELDS,
    authIssuer: url('AUTH_ISSUER'),
    authJwksUrl: url('AUTH_JWKS_URL'),
    objectTopic: text('OBJECT_TOPIC', { default: 'storage.object.v1' }),
    consumerGroup: text('CONSUMER_GROUP', { default: 'storage.metadata' }),
  });
}

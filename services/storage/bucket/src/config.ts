import { KAFKA_FIELDS, readConfig, SERVICE_FIELDS, text, url } from '@throughline/service';
import { TOPIC_FIELDS } from './topics.ts';

/** Settings of the bucket service. @throws {ConfigError} with every fault of the environment at once. */
export function readBucketConfig(environment: NodeJS.ProcessEnv) {
  return readConfig(environment, {
    ...SERVICE_FIELDS,
    ...KAFKA_FIELDS,
    ...TOPIC_FIELDS,
    issuer: url('AUTH_ISSUER'),
    jwksUrl: url('AUTH_JWKS_URL'),
    internalToken: text('INTERNAL_TOKEN', { secret: true }),
  });
}

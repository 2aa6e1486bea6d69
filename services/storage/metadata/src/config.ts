import { KAFKA_FIELDS, readConfig, SERVICE_FIELDS, url } from '@throughline/service';
import { TOPIC_FIELDS } from './topics.ts';

/** Everything this service is told from outside, read once. */
export function readMetadataConfig(environment: NodeJS.ProcessEnv) {
  return readConfig(environment, {
    ...SERVICE_FIELDS,
    ...KAFKA_FIELDS,
    authIssuer: url('AUTH_ISSUER'),
    authJwksUrl: url('AUTH_JWKS_URL'),
    ...TOPIC_FIELDS,
  });
}

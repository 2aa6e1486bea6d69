import { checkQueue, integer, KAFKA_FIELDS, readConfig, SERVICE_FIELDS, url } from '@throughline/service';
import { TOPIC_FIELDS } from './topics.ts';

/** Everything this service is told from outside, read once. @throws {ConfigError} naming every variable that is missing, invalid, or contradicts another */
export function readWorkerConfig(environment: NodeJS.ProcessEnv) {
  const config = readConfig(environment, {
    ...SERVICE_FIELDS,
    ...KAFKA_FIELDS,
    ...TOPIC_FIELDS,
    lingerMs: integer('LINGER_MS', { min: 0, max: 1_000, default: 200 }),
    authIssuer: url('AUTH_ISSUER'),
    authJwksUrl: url('AUTH_JWKS_URL'),
  });
  return { ...config, claimLeaseMs: checkQueue(config).claimLeaseMs };
}

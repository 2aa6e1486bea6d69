import { integer, PUBLISHING_FIELDS, readConfig, url } from '@throughline/service';
import { TOPIC_FIELDS } from './topics.ts';

/** Settings of the intake api. @throws {ConfigError} with every fault of the environment at once. */
export function readApiConfig(environment: NodeJS.ProcessEnv) {
  return readConfig(environment, {
    ...PUBLISHING_FIELDS,
    ...TOPIC_FIELDS,
    issuer: url('AUTH_ISSUER'),
    jwksUrl: url('AUTH_JWKS_URL'),
    acceptDeadlineMs: integer('ACCEPT_DEADLINE_MS', { min: 100, max: 8_000, default: 5_000 }),
    maxInFlight: integer('MAX_IN_FLIGHT', { min: 1, max: 100_000, default: 2_000 }),
    clientRatePerSecond: integer('CLIENT_RATE_PER_SECOND', { min: 1, max: 1_000_000, default: 1_000 }),
    clientBurst: integer('CLIENT_BURST', { min: 1, max: 10_000_000, default: 2_000 }),
  });
}

import { LOG_LEVELS } from '@throughline/telemetry';
import { oneOf, port, text, url } from './config-fields.ts';

/**
 * What every service with stores of its own is told: where it listens (default: 127.0.0.1), how much it logs (default: info), and its stores.
 *
 * @example
 * const config = readConfig(process.env, { ...SERVICE_FIELDS, kafkaBrokers: list('KAFKA_BROKERS') });
 */
export const SERVICE_FIELDS = {
  host: text('HOST', { default: '127.0.0.1' }),
  httpPort: port('HTTP_PORT'),
  opsPort: port('OPS_PORT'),
  logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
  databaseUrl: url('DATABASE_URL', { secret: true }),
  redisUrl: url('REDIS_URL', { secret: true }),
};

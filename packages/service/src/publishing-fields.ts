import { KAFKA_FIELDS } from './kafka-fields.ts';
import { SERVICE_FIELDS } from './service-fields.ts';

const {
  databaseUrl: _url,
  databaseConnections: _connections,
  processedRetentionMs: _retention,
  ...withoutDatabase
} = SERVICE_FIELDS;

/**
 * What a service without a database is told: all of `SERVICE_FIELDS` but what concerns one, and how it reaches Kafka.
 *
 * @example
 * const config = readConfig(process.env, { ...PUBLISHING_FIELDS, ordersTopic: text('ORDERS_TOPIC') });
 */
export const PUBLISHING_FIELDS = { ...withoutDatabase, ...KAFKA_FIELDS };

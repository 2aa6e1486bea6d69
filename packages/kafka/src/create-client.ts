import type { Logger } from '@throughline/telemetry';
import { Kafka, type LogEntry, logLevel } from 'kafkajs';

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: Logger;
}

/** Stated in full: kafkajs has other defaults when NODE_ENV is `test`. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1000, factor: 0.2, multiplier: 2, retries: 5 };

/**
 * One kafkajs client. Every consumer gets one of its own: clients share a table of committed offsets by group, which two members of a group
 * in one process would overwrite for each other.
 */
export function createClient(options: ClientOptions): Kafka {
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: RETRY,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => writeEntry(options.logger, entry),
  });
}

/** kafkajs logs what it retries as an error and joins as information; the driver says itself what matters, so its lines rank lower here. */
function writeEntry(logger: Logger, entry: LogEntry): void {
  const { message, error, topic, partition, groupId, retryCount } = entry.log;
  const detail = error instanceof Error ? error.message : error;
  const fields = { kafkajs: entry.namespace, detail, topic, partition, groupId, retryCount };
  const isEveryday = entry.level !== logLevel.ERROR || entry.namespace === 'Connection';
  if (isEveryday) logger.debug(fields, `kafkajs: ${message}`);
  else logger.warn(fields, `kafkajs: ${message}`);
}

import type { Logger } from '@throughline/telemetry';
import { type ISocketFactory, Kafka, type LogEntry, logLevel } from 'kafkajs';
import { createClientSockets } from './client-sockets.ts';
import { type KafkaSecurity, securityOf } from './kafka-security.ts';

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: Logger;
  /** (Default: neither TLS nor a login) */
  readonly security?: KafkaSecurity | undefined;
  /** (Default: TCP, with TLS where `security` says so) */
  readonly socketFactory?: ISocketFactory;
}

/** A kafkajs client whose end is final. */
export interface KafkaClient {
  readonly kafka: Kafka;
  /** After what was made of it has disconnected: ends connections that are still open, and none is opened any more. */
  end(): void;
}

/** Stated in full: kafkajs has other defaults when NODE_ENV is `test`. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1000, factor: 0.2, multiplier: 2, retries: 5 };

/**
 * One kafkajs client. Everything that connects gets one of its own, and ends it: clients share a table of committed offsets by group, which two
 * members of a group in one process would overwrite for each other.
 */
export function createClient(options: ClientOptions): KafkaClient {
  const sockets = createClientSockets(options.socketFactory);
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    ...securityOf(options.security),
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: RETRY,
    socketFactory: sockets.socketFactory,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => writeEntry(options.logger, entry),
  });
  return { kafka, end: sockets.end };
}

/** kafkajs logs joins as information and what it tries again as an error; the driver says itself what came of it, so these lines rank lower here. */
function writeEntry(logger: Logger, entry: LogEntry): void {
  const { message, error, topic, partition, groupId, retryCount } = entry.log;
  const detail = error instanceof Error ? error.message : error;
  const fields = { kafkajs: entry.namespace, detail, topic, partition, groupId, retryCount };
  const isTold = entry.namespace === 'Connection' || retryCount !== undefined || message.startsWith('Crash:');
  const isEveryday = entry.level !== logLevel.ERROR || isTold;
  if (isEveryday) logger.debug(fields, `kafkajs: ${message}`);
  else logger.warn(fields, `kafkajs: ${message}`);
}

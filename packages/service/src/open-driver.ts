import { readFile } from 'node:fs/promises';
import { EventError } from '@throughline/events';
import { createKafkaDriver, type KafkaSecurity } from '@throughline/kafka';
import type { MessagingDriver } from '@throughline/messaging';
import { measureSends } from './measure-sends.ts';
import type { ServiceRuntime } from './run-service.ts';

export interface BrokerConfig {
  /** `host:port` each. */
  readonly kafkaBrokers: readonly string[];
  /** Create declared topics that do not exist, instead of refusing to start. */
  readonly createTopics: boolean;
  /** SCRAM-SHA-512; needs the other two. (Default: no login) */
  readonly kafkaUsername?: string | undefined;
  readonly kafkaPassword?: string | undefined;
  /** PEM of the authorities that sign the brokers' certificates; given = TLS. (Default: no TLS) */
  readonly kafkaCaFile?: string | undefined;
}

/** The driver, measured, closed at the service's stop, and one of its readiness checks, but not a required one: brokers may be away. */
export async function openDriver(options: {
  readonly runtime: ServiceRuntime;
  readonly config: BrokerConfig;
  readonly name: string;
}): Promise<MessagingDriver> {
  const { runtime, config, name } = options;
  const security = await readSecurity(config);
  const kafka = createKafkaDriver({ brokers: config.kafkaBrokers, clientId: name, logger: runtime.logger, security });
  const driver = measureSends(kafka, runtime.metrics);
  runtime.onStop('kafka', () => driver.close());
  runtime.addReadiness('kafka', () => driver.ping(1_500), { isRequired: false });
  return driver;
}

/** @throws {EventError} `CONFIGURATION_REFUSED` for half a login, one without TLS, or a file that cannot be read */
export async function readSecurity(config: BrokerConfig): Promise<KafkaSecurity | undefined> {
  const { kafkaUsername: username, kafkaPassword: password, kafkaCaFile } = config;
  if ((username === undefined) !== (password === undefined)) throw refused('KAFKA_USERNAME and KAFKA_PASSWORD belong together');
  if (username !== undefined && kafkaCaFile === undefined)
    throw refused('KAFKA_USERNAME needs KAFKA_CA_FILE: a password is only sent through TLS');
  if (kafkaCaFile === undefined) return undefined;
  const certificateAuthorities = await readFile(kafkaCaFile, 'utf8').catch((cause: unknown) => {
    throw refused(`KAFKA_CA_FILE (${kafkaCaFile}) cannot be read`, cause);
  });
  const hasLogin = username !== undefined && password !== undefined;
  return { certificateAuthorities, ...(hasLogin && { credentials: { username, password } }) };
}

function refused(message: string, cause?: unknown): EventError {
  return new EventError('CONFIGURATION_REFUSED', message, cause === undefined ? {} : { cause });
}

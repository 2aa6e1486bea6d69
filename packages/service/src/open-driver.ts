import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
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
  /** SCRAM-SHA-512; needs a password and `kafkaCaFile`. (Default: no login) */
  readonly kafkaUsername?: string | undefined;
  /** One of the two. */
  readonly kafkaPassword?: string | undefined;
  readonly kafkaPasswordFile?: string | undefined;
  /** PEM of the authorities that sign the brokers' certificates, or a folder of which every `.crt` is one; given = TLS. (Default: no TLS) */
  readonly kafkaCaFile?: string | undefined;
}

/** The driver, measured, closed at the service's stop, and one of its readiness checks, but not a required one: brokers may be away. */
export async function openDriver(options: {
  readonly runtime: ServiceRuntime;
  readonly config: BrokerConfig;
  readonly name: string;
}): Promise<MessagingDriver> {
  const { runtime, config, name } = options;
  const security = readSecurity(config);
  const kafka = createKafkaDriver({ brokers: config.kafkaBrokers, clientId: name, logger: runtime.logger, security });
  const driver = measureSends(kafka, runtime.metrics);
  runtime.onStop('kafka', () => driver.close());
  runtime.addReadiness('kafka', () => driver.ping(1_500), { isRequired: false });
  return driver;
}

/**
 * What files hold is read again at each connect: authorities and passwords are renewed while services run.
 * @throws {EventError} `CONFIGURATION_REFUSED` for half a login, one without TLS, or a file that cannot be read
 */
export function readSecurity(config: BrokerConfig): KafkaSecurity | undefined {
  const { kafkaUsername: username, kafkaPassword, kafkaPasswordFile, kafkaCaFile } = config;
  if (kafkaPassword !== undefined && kafkaPasswordFile !== undefined)
    throw refused('KAFKA_PASSWORD and KAFKA_PASSWORD_FILE: only one of them');
  const password =
    kafkaPasswordFile === undefined ? kafkaPassword : current('KAFKA_PASSWORD_FILE', kafkaPasswordFile, readPassword);
  if ((username === undefined) !== (password === undefined))
    throw refused('KAFKA_USERNAME and KAFKA_PASSWORD (or KAFKA_PASSWORD_FILE) belong together');
  if (username !== undefined && kafkaCaFile === undefined)
    throw refused('KAFKA_USERNAME needs KAFKA_CA_FILE: a password is only sent through TLS');
  if (kafkaCaFile === undefined) return undefined;
  const certificateAuthorities = current('KAFKA_CA_FILE', kafkaCaFile, readAuthorities);
  const hasLogin = username !== undefined && password !== undefined;
  return { certificateAuthorities, ...(hasLogin && { credentials: { username, password } }) };
}

/** Reads it once, so that a service that never could does not start. */
function current(variable: string, path: string, read: (path: string) => string): () => string {
  try {
    read(path);
  } catch (error) {
    throw refused(`${variable} (${path}) cannot be read`, error);
  }
  return () => read(path);
}

/** While an authority's key is replaced there are two, and brokers have certificates of either. */
function readAuthorities(path: string): string {
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8');
  const files = readdirSync(path).filter((name) => name.endsWith('.crt'));
  if (files.length === 0) throw new Error('there is no .crt in it');
  return files.map((name) => readFileSync(join(path, name), 'utf8')).join('\n');
}

function readPassword(path: string): string {
  return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
}

function refused(message: string, cause?: unknown): EventError {
  return new EventError('CONFIGURATION_REFUSED', message, cause === undefined ? {} : { cause });
}

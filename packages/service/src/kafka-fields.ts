import { flag, list, optional, text } from './config-fields.ts';

/**
 * How a service reaches Kafka: the brokers, whether it makes its own topics (default: it refuses to start without them), and, where the brokers ask for it, a login and the PEM of
 * the authorities that sign their certificates: a file, or a folder of which every `.crt` is one. Files are read again at each connect.
 */
export const KAFKA_FIELDS = {
  kafkaBrokers: list('KAFKA_BROKERS'),
  createTopics: flag('CREATE_TOPICS', false),
  kafkaUsername: optional(text('KAFKA_USERNAME')),
  kafkaPassword: optional(text('KAFKA_PASSWORD', { secret: true })),
  kafkaPasswordFile: optional(text('KAFKA_PASSWORD_FILE')),
  kafkaCaFile: optional(text('KAFKA_CA_FILE')),
};

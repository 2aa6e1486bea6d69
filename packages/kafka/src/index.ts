export type { KafkaSecurity } from './client/kafka-security.ts';
export { createKafkaDriver, type KafkaDriverOptions } from './create-kafka-driver.ts';

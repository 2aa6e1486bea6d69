export type { KafkaSecurity } from './client/create-client.ts';
export { createKafkaDriver, type KafkaDriverOptions } from './create-kafka-driver.ts';

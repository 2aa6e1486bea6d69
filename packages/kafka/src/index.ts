export { createKafkaDriver, type KafkaDriverOptions } from './create-kafka-driver.ts';

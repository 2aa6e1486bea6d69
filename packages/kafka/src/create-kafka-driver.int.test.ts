import { createLogger } from '@throughline/telemetry';
import { driverSuite, stackAddresses } from '@throughline/testing';
import { createKafkaDriver } from './create-kafka-driver.ts';

describe('the driver for Kafka', () => {
  driverSuite({
    createDriver: () =>
      createKafkaDriver({
        brokers: stackAddresses().kafkaBrokers,
        clientId: 'driver-suite',
        logger: createLogger({ name: 'test', level: 'error' }),
      }),
  });
});

import { PUBLISHING_FIELDS } from './publishing-fields.ts';
import { readConfig } from './read-config.ts';

it('asks for no database, and for Kafka and Redis', () => {
  const environment = { HTTP_PORT: '1', OPS_PORT: '2', REDIS_URL: 'redis://h', KAFKA_BROKERS: 'a:1,b:2' };
  expect(readConfig(environment, PUBLISHING_FIELDS)).toEqual({
    host: '127.0.0.1',
    httpPort: 1,
    opsPort: 2,
    logLevel: 'info',
    redisUrl: 'redis://h',
    startDeadlineMs: 60_000,
    drainDeadlineMs: 24_000,
    terminationGraceMs: undefined,
    operationsToken: undefined,
    kafkaBrokers: ['a:1', 'b:2'],
    createTopics: false,
    kafkaUsername: undefined,
    kafkaPassword: undefined,
    kafkaPasswordFile: undefined,
    kafkaCaFile: undefined,
  });
});

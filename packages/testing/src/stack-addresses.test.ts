import { stackAddresses } from './stack-addresses.ts';

const complete = {
  KAFKA_BROKERS: '127.0.0.1:1, 127.0.0.1:2',
  DATABASE_URL: 'postgres://127.0.0.1/postgres',
  REDIS_URL: 'redis://127.0.0.1',
};

describe('stackAddresses', () => {
  it('splits the list of brokers', () => {
    expect(stackAddresses(complete).kafkaBrokers).toEqual(['127.0.0.1:1', '127.0.0.1:2']);
  });

  it.each(['KAFKA_BROKERS', 'DATABASE_URL', 'REDIS_URL'])('names %s when it is missing, and npm test', (name) => {
    expect(() => stackAddresses({ ...complete, [name]: '' })).toThrow(new RegExp(`^${name} not set.*npm test`));
  });
});

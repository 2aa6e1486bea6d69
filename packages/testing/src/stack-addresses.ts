/** Where the stack the integration tests run on is reached. */
export interface StackAddresses {
  /** `host:port` of each broker. */
  readonly kafkaBrokers: readonly string[];
  /** URL of a superuser in a database for administration; suites make databases of their own. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/**
 * The addresses `npm test` hands to integration tests in KAFKA_BROKERS, DATABASE_URL and REDIS_URL.
 * @throws {Error} naming what is missing.
 */
export function stackAddresses(environment: NodeJS.ProcessEnv = process.env): StackAddresses {
  const { KAFKA_BROKERS: kafkaBrokers, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = environment;
  if (!kafkaBrokers || !databaseUrl || !redisUrl) {
    const missing = Object.entries({ KAFKA_BROKERS: kafkaBrokers, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl });
    const names = missing.filter(([, value]) => !value).map(([name]) => name);
    throw new Error(`${names.join(', ')} not set: run integration tests with "npm test -- <pattern>", which starts the stack`);
  }
  return { kafkaBrokers: kafkaBrokers.split(',').map((broker) => broker.trim()), databaseUrl, redisUrl };
}

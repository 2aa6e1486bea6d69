import { createKafkaDriver } from '@throughline/kafka';
import { createDatabase, createRelay } from '@throughline/postgres';
import { createLogger, createMetrics } from '@throughline/telemetry';

/** A relay in a process of its own, to be killed. Arguments: database URL, brokers, name. Says `ready` when it runs. */
const [databaseUrl = '', brokers = '', name = ''] = process.argv.slice(2);
const logger = createLogger({ name, level: 'fatal' });
const database = createDatabase({ connectionString: databaseUrl, applicationName: name, logger });
const driver = createKafkaDriver({ brokers: brokers.split(','), clientId: name, logger });
const relay = createRelay({
  database,
  driver,
  name,
  logger,
  metrics: createMetrics({ service: name }),
  leaseMs: 3_000,
  sendTimeoutMs: 1_500,
  maxBatchRows: 20,
  maxPollMs: 50,
});
await relay.start();
process.stdout.write('ready\n');

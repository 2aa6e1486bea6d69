import { createKafkaDriver } from '@throughline/kafka';
import { KAFKA_FIELDS, readConfig, readSecurity } from '@throughline/service';
import { createLogger } from '@throughline/telemetry';

// Prints the first record of an event type under a key, as JSON with bytes in Base64. Runs where a service is, on Node's standard input.
const TIMEOUT_MS = 60_000;
const [topic = '', key = '', eventType = '', group = ''] = process.argv.slice(2);

const config = readConfig(process.env, KAFKA_FIELDS);
const driver = createKafkaDriver({
  brokers: config.kafkaBrokers,
  clientId: 'demo',
  logger: createLogger({ name: 'demo', level: 'fatal' }),
  security: readSecurity(config),
});
const found = Promise.withResolvers<string>();
const asBase64 = (values: unknown) => [values].flat().map((value) => Buffer.from(value as Buffer).toString('base64'));
const consumer = await driver.consume({
  group,
  topics: [topic],
  handle: async (records) => {
    const record = records.find((each) => each.key?.toString() === key && String(each.headers.ce_type) === eventType);
    if (record === undefined) return [];
    const headers = Object.fromEntries(Object.entries(record.headers).map(([name, values]) => [name, asBase64(values)]));
    found.resolve(JSON.stringify({ topic, key, value: record.value?.toString('base64'), headers }));
    return [];
  },
});
const timer = setTimeout(() => found.reject(new Error(`no ${eventType} under key ${key} in ${topic}`)), TIMEOUT_MS);
try {
  console.log(await found.promise);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
  await consumer.stop();
  await driver.groups.delete(group);
  await driver.close();
}

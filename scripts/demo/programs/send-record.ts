import { createKafkaDriver } from '@throughline/kafka';
import { KAFKA_FIELDS, readConfig, readSecurity } from '@throughline/service';
import { createLogger } from '@throughline/telemetry';

// Sends a record that `find-record.ts` printed, byte for byte with its headers, as often as it is told to. Runs where a service is, on Node's standard input.
const [printed = '', times = '1'] = process.argv.slice(2);
const record = JSON.parse(printed) as { topic: string; key: string; value: string; headers: Record<string, string[]> };
const { topic, key, value } = record;
const fromBase64 = (text: string) => Buffer.from(text, 'base64');
const headers = Object.fromEntries(Object.entries(record.headers).map(([name, values]) => [name, values.map(fromBase64)]));

const config = readConfig(process.env, KAFKA_FIELDS);
const driver = createKafkaDriver({
  brokers: config.kafkaBrokers,
  clientId: 'demo',
  logger: createLogger({ name: 'demo', level: 'fatal' }),
  security: readSecurity(config),
});
const producer = await driver.createProducer({ name: 'demo' });
try {
  const copy = { topic, key, value: fromBase64(value), headers };
  for (let sent = 0; sent < Number(times); sent += 1) await producer.send([copy], { timeoutMs: 15_000 });
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await producer.close();
  await driver.close();
}

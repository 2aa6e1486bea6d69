import type { ClusterRun } from '../cluster-run.ts';

/** The bucket service's user tries to write an order. */
export async function checkRights(run: ClusterRun): Promise<void> {
  const target = `deploy/${run.release}-storage-bucket`;
  const output = await run.kubectl('exec', target, '--', 'node', '--input-type=module', '-e', WRITE_AN_ORDER);
  if (!output.includes('TOPIC_AUTHORIZATION_FAILED')) throw new Error(`the broker did not refuse the write: ${output}`);
  run.say('storage-bucket may not write to intake.orders.v1');
}

const WRITE_AN_ORDER = `
import { readdirSync, readFileSync } from 'node:fs';
import { Kafka } from 'kafkajs';
const { KAFKA_BROKERS, KAFKA_USERNAME: username, KAFKA_PASSWORD_FILE, KAFKA_CA_FILE } = process.env;
const certificates = readdirSync(KAFKA_CA_FILE).filter((name) => name.endsWith('.crt'));
const ssl = { ca: certificates.map((name) => readFileSync(KAFKA_CA_FILE + '/' + name, 'utf8')) };
const sasl = { mechanism: 'scram-sha-512', username, password: readFileSync(KAFKA_PASSWORD_FILE, 'utf8') };
const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), ssl, sasl, logLevel: 0, retry: { retries: 0 } });
const producer = kafka.producer();
await producer.connect();
await producer.send({ topic: 'intake.orders.v1', messages: [{ value: 'x' }] }).then(() => console.log('written'), (error) => console.log(error.type ?? error.cause?.type ?? String(error)));
await producer.disconnect();
`;

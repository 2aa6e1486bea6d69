import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Kafka, logLevel, Partitioners } from 'kafkajs';

/*
 * What one would write without Throughline: an order's JSON goes to Kafka with one `send` a request, and is answered when every in-sync replica has it. No accounts,
 * no validation, no identity of repeats, no limit, no deadline, no metrics. Prints its port.
 */

const [brokers = '', topic = ''] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'plain-express', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();

const app = express();
app.use(express.json());

app.post('/orders', async (request, response) => {
  const eventId = randomUUID();
  const { orderId } = request.body;
  const event = {
    eventType: 'OrderCreated',
    eventVersion: 1,
    eventId,
    timestamp: new Date().toISOString(),
    payload: request.body,
  };
  await producer.send({ topic, acks: -1, messages: [{ key: orderId, value: JSON.stringify(event) }] });
  response.set('x-event-id', eventId).json({ eventId, orderId });
});

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});

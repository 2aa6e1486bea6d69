import { setTimeout as delay } from 'node:timers/promises';
import type { MessagingDriver } from '@throughline/messaging';
import { eachRecord, stackAddresses, testPrefix, waitFor } from '@throughline/testing';
import { type BrokerSockets, countBrokerSockets } from '../../test/broker-sockets.ts';
import { newClient, testLogger } from '../../test/stage.ts';
import { createKafkaDriver } from '../create-kafka-driver.ts';
import { AdminConnection } from './admin-connection.ts';

describe('connections after close', () => {
  let driver: MessagingDriver;
  let sockets: BrokerSockets;

  beforeEach(() => {
    sockets = countBrokerSockets();
    driver = createKafkaDriver({ brokers: stackAddresses().kafkaBrokers, clientId: 'test', logger: testLogger });
  });

  afterEach(async () => {
    await driver.close();
    sockets.stopCounting();
  });

  /** kafkajs' next tries come within its first waits, 100 to 400 ms: none may leave a connection. */
  const expectNoneLeft = async () => {
    expect(sockets.opened()).toBeGreaterThan(0);
    await waitFor(() => sockets.count() === 0, { description: 'the connections to close' });
    const openedByThen = sockets.opened();
    await delay(600);
    expect({ open: sockets.count(), later: sockets.opened() - openedByThen }).toEqual({ open: 0, later: 0 });
  };

  it('are none when all was done', async () => {
    const topic = testPrefix('close');
    await driver.ensureTopics([{ topic }], { create: true });
    const producer = await driver.createProducer({ name: 'test' });
    await producer.send([{ topic, key: 'k', value: Buffer.from('x'), headers: {} }], { timeoutMs: 10_000 });
    const handled: unknown[] = [];
    await driver.consume({ group: testPrefix('group'), topics: [topic], handle: eachRecord((record) => handled.push(record)) });
    await waitFor(() => handled.length === 1, { description: 'the record' });
    await driver.close();
    await expectNoneLeft();
  });

  it('are none when a question was under way: it is answered first', async () => {
    const gate = Promise.withResolvers<void>();
    const connection = new AdminConnection(newClient());
    const answered = connection.use(async (admin) => {
      await gate.promise;
      return admin.describeCluster();
    });
    const closing = connection.close();
    gate.resolve();
    expect((await answered).brokers.length).toBeGreaterThan(0);
    await closing;
    await expectNoneLeft();
  });

  it('are none when kafkajs is asked after its end, upon which it connects anew', async () => {
    const client = newClient();
    const admin = client.kafka.admin();
    await admin.connect();
    await admin.disconnect();
    client.end();
    await expect(admin.describeCluster()).rejects.toThrow('the client was closed');
    await expectNoneLeft();
  });

  it('are none when a consumer was stopped while its group made it wait, and it has left the group', async () => {
    const topic = testPrefix('close');
    const group = testPrefix('group');
    const other = createKafkaDriver({ brokers: stackAddresses().kafkaBrokers, clientId: 'other', logger: testLogger });
    await other.ensureTopics([{ topic, partitions: 6 }], { create: true });
    const records = () => Array.from({ length: 60 }, (_, n) => ({ topic, key: `k${n}`, value: Buffer.from('x'), headers: {} }));
    const handled: unknown[] = [];
    await other.consume({ group, topics: [topic], handle: eachRecord((record) => handled.push(record)) });
    const before = sockets.opened();
    const consuming = driver.consume({ group, topics: [topic], handle: async () => [] }).catch((error: unknown) => error);
    // One for the cluster, one for the members: the second is opened by the JoinGroup or just before.
    await waitFor(() => sockets.opened() >= before + 2, { description: 'the second member to join' });
    await driver.close();
    await consuming;
    const producer = await other.createProducer({ name: 'test' });
    await producer.send(records(), { timeoutMs: 10_000 });
    await waitFor(() => handled.length === 60, { description: 'the first member to have all partitions', timeoutMs: 5000 });
    await other.close();
    await expectNoneLeft();
  });
});

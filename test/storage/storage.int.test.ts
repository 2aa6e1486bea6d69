import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { headerText } from '@throughline/events';
import { createKafkaDriver } from '@throughline/kafka';
import type { IncomingRecord, MessagingDriver, OutgoingRecord } from '@throughline/messaging';
import { createLogger } from '@throughline/telemetry';
import { testPrefix, waitFor } from '@throughline/testing';
import { runThroughline } from '../../scripts/installation/run-throughline.ts';
import { type RunningInstallation, startInstallation } from '../../scripts/installation/running-installation.ts';
import { askTcp } from '../../scripts/stack/ports.ts';
import { newUser } from '../../scripts/storage-client/new-user.ts';
import type { SearchItem, StorageSession } from '../../scripts/storage-client/storage-client.ts';
import { uploadThroughKill } from '../../scripts/storage-faults/upload-through-kill.ts';
import { collectRecords } from './collect-records.ts';
import { readCounters } from './read-counters.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TOPIC = 'storage.object.v1';
const CONTENT = new TextEncoder().encode('content');

let storage: RunningInstallation;
let driver: MessagingDriver;
let session: StorageSession;

/** An installation of its own: these tests kill services, flush Redis and read whole topics. */
beforeAll(async () => {
  storage = await startInstallation({ dataDir: join(ROOT, '.throughline', 'e2e'), systems: ['storage'], env: process.env });
  const logger = createLogger({ name: 'storage-e2e', level: 'fatal' });
  driver = createKafkaDriver({ brokers: storage.state.kafkaBrokers.split(','), clientId: 'storage-e2e', logger });
  session = await newUser(storage.state.edgeUrl);
}, 200_000);

afterAll(async () => {
  await driver?.close();
  await storage?.stop();
}, 60_000);

async function newBucket(versioningEnabled = false): Promise<string> {
  const bucket = testPrefix('e2e');
  await session.createBucket(bucket, { versioningEnabled });
  return bucket;
}

function waitForItem(bucket: string, isAsWished: (item: SearchItem) => boolean, timeoutMs = 30_000): Promise<SearchItem> {
  return waitFor(async () => (await session.search({ bucket })).items.find(isAsWished), {
    timeoutMs,
    description: 'the object in the search',
  });
}

async function send(...records: readonly OutgoingRecord[]): Promise<void> {
  const producer = await driver.createProducer({ name: 'storage-e2e' });
  try {
    for (const record of records) await producer.send([record], { timeoutMs: 15_000 });
  } finally {
    await producer.close();
  }
}

describe('object storage', () => {
  it('shows the ten steps of the walkthrough', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/demo-storage.ts', '--data-dir', storage.dataDir], {
      cwd: ROOT,
    });
    expect(stdout.match(/^ ?\d+\. /gm)).toHaveLength(10);
    expect(stdout).toContain('All ten steps were seen.');
  }, 120_000);

  it('gives an event delivered five times its effect once, also after a restart and a flush of Redis', async () => {
    const bucket = await newBucket(true);
    const { objectId } = await session.upload({ bucket, name: 'once.txt', bytes: CONTENT, tags: ['once'] });
    const before = await waitForItem(bucket, (item) => item.objectId === objectId);
    const [record] = await collectRecords({
      driver,
      topic: TOPIC,
      isWanted: ({ key }) => key?.toString() === objectId,
      count: 1,
    });
    if (record === undefined) throw new Error('no record');
    let changes = 0;

    const deliverAgain = async () => {
      const outcomesBefore = await readOutcomes();
      await send(...Array.from({ length: 5 }, () => record));
      // Behind the copies on the same key, hence handled after them.
      changes += 1;
      await session.updateObject(bucket, 'once.txt', { description: `change ${changes}` });
      const after = await waitForItem(bucket, ({ description }) => description === `change ${changes}`);
      // The outcome is counted after the commit that the search shows.
      const isCounted = async () => (await readOutcomes()).handled > outcomesBefore.handled;
      await waitFor(isCounted, { description: 'the outcome to be counted' });
      const outcomesAfter = await readOutcomes();
      expect(after).toMatchObject({ versions: before.versions + changes, tags: ['once'], createdAt: before.createdAt });
      expect(outcomesAfter.handled - outcomesBefore.handled).toBe(1);
      // More than five after a kill: what was handled and not committed comes again.
      expect(outcomesAfter.duplicate - outcomesBefore.duplicate).toBeGreaterThanOrEqual(5);
    };

    await deliverAgain();
    await restart('storage-metadata');
    await deliverAgain();
    await flushRedis();
    await deliverAgain();
    expect((await session.search({ bucket })).items).toHaveLength(1);
  }, 120_000);

  it('puts poison records into the dead-letter topic as they came and handles those behind them', async () => {
    const bucket = await newBucket();
    const { objectId } = await session.upload({ bucket, name: 'behind.txt', bytes: CONTENT });
    await waitForItem(bucket, (item) => item.objectId === objectId);
    const broken = {
      eventId: crypto.randomUUID(),
      eventType: 'OBJECT_CREATED',
      sourceService: 'OBJECT_SERVICE',
      ownerId: session.userId,
      occurredAt: 1_767_688_774.5,
      payload: { objectId },
    };
    const poison = [Buffer.from('not JSON'), Buffer.from(JSON.stringify(broken))];
    await send(...poison.map((value) => ({ topic: TOPIC, key: objectId, value, headers: { 'x-test': 'kept' } })));
    await session.updateObject(bucket, 'behind.txt', { description: 'behind the poison' });
    await waitForItem(bucket, ({ description }) => description === 'behind the poison');

    const arrived = await collectRecords({
      driver,
      topic: 'storage.metadata.dlq',
      isWanted: ({ key }) => key?.toString() === objectId,
      count: 2,
    });
    // Two dead letters are two aggregates in the outbox: their order in the topic is not promised.
    const offsetOf = ({ headers }: IncomingRecord) => Number(headerText(headers, 'dlq-original-offset'));
    const letters = arrived.toSorted((a, b) => offsetOf(a) - offsetOf(b));
    expect(letters.map(({ value }) => value?.toString())).toEqual(poison.map(String));
    const headersOf = (name: string) => letters.map(({ headers }) => headerText(headers, name));
    expect(headersOf('dlq-reason')).toEqual(['decoding', 'contract']);
    expect(headersOf('dlq-original-topic')).toEqual([TOPIC, TOPIC]);
    expect(headersOf('dlq-consumer-group')).toEqual(['storage.metadata', 'storage.metadata']);
    expect(headersOf('x-test')).toEqual(['kept', 'kept']);
    for (const name of [
      'dlq-id',
      'dlq-original-partition',
      'dlq-original-offset',
      'dlq-error-message',
      'dlq-first-failed-at',
      'dlq-attempts',
    ]) {
      expect(headersOf(name)).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    }
  }, 60_000);

  it('tells the journey of a deletion: where it was published, who handled it, what it caused', async () => {
    const bucket = await newBucket();
    await session.upload({ bucket, name: 'goes-too.txt', bytes: CONTENT });
    await session.deleteBucket(bucket);
    const isWanted = ({ headers, value }: IncomingRecord) =>
      headerText(headers, 'ce_type') === 'BUCKET_DELETED' && String(value).includes(`"${bucket}"`);
    const [record] = await collectRecords({ driver, topic: 'storage.bucket.v1', isWanted, count: 1 });
    const eventId = headerText(record?.headers ?? {}, 'ce_id') ?? '';
    const journey = await waitFor(
      async () => {
        const told = await runThroughline(storage.dataDir, 'journey', eventId);
        const isWhole = told.children.length > 0 && told.publications.length > 0 && told.groups[0]?.steps.length > 0;
        return isWhole && told;
      },
      { timeoutMs: 30_000, intervalMs: 500, description: 'the whole journey' },
    );
    expect(journey).toMatchObject({
      type: 'BUCKET_DELETED',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      outbox: [{ service: 'storage.bucket', state: 'sent' }],
      groups: [{ group: 'storage.object', state: 'handled', processedAt: expect.any(String) }],
      children: [{ type: 'OBJECT_DELETED', causationId: eventId, depth: 1 }],
      silent: [],
    });
  }, 60_000);

  it('keeps every acknowledged upload when the object service is killed during uploads', async () => {
    const report = await uploadThroughKill({ storage, service: 'storage-object', uploads: 200, concurrency: 16 });
    expect(report.objects).toMatchObject({ lost: [], unfound: [], doubled: [] });
    expect(report.objects.acknowledged).toBeGreaterThanOrEqual(200);
    expect(report.settledAfterMs).toBeLessThan(30_000);
  }, 120_000);
});

async function readOutcomes(): Promise<{ duplicate: number; handled: number }> {
  const { opsUrl = '' } = storage.state.services['storage-metadata'] ?? {};
  const counters = await readCounters(opsUrl, 'messaging_process_duration_seconds_count', 'outcome');
  return { duplicate: counters.get('duplicate') ?? 0, handled: counters.get('handled') ?? 0 };
}

async function restart(service: string): Promise<void> {
  const pid = storage.pidOf(service);
  if (pid === undefined) throw new Error(`${service} is not running`);
  process.kill(pid, 'SIGKILL');
  const { opsUrl = '' } = storage.state.services[service] ?? {};
  const isReadyAgain = async () => storage.pidOf(service) !== pid && (await fetch(new URL('/readyz', opsUrl))).ok;
  await waitFor(isReadyAgain, { timeoutMs: 60_000, description: `${service} to be ready again` });
}

async function flushRedis(): Promise<void> {
  const { hostname, port } = new URL(storage.state.redisUrl);
  const answer = await askTcp({ host: hostname, port: Number(port), request: Buffer.from('FLUSHALL\r\n'), timeoutMs: 5_000 });
  expect(answer.toString()).toBe('+OK\r\n');
}

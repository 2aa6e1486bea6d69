import { randomUUID } from 'node:crypto';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase, waitFor } from '@throughline/testing';
import fc from 'fast-check';
import { createDatabase } from '../database/create-database.ts';
import type { Database } from '../database/database.ts';
import { migrate } from '../migrate.ts';
import { createEventStore } from './create-event-store.ts';
import type { EventStore, ExpectedVersion, StreamEvent } from './event-store.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;
let store: EventStore;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'event-store', logger, maxConnections: 12 });
  await migrate({ database, logger });
  store = createEventStore({ database, pageSize: 3 });
});

afterAll(async () => {
  await database.close();
  await home.drop();
});

beforeEach(() => database.execute('TRUNCATE event_store_events, event_store_streams'));

const newStream = () => ({ aggregateType: 'account', aggregateId: randomUUID() });
const happened = (n: number, type = 'MOVED') => ({ type, data: { n } });
const read = (aggregateId: string, options = {}) => collect(store.getEvents('account', aggregateId, options));
const numbers = (events: readonly StreamEvent[]) => events.map(({ data }) => (data as { n: number }).n);

async function collect(from: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of from) events.push(event);
  return events;
}

/** That many events after a checkpoint: they appear when nobody in the cluster, other suites included, is in an older transaction. */
async function readUntil(
  count: number,
  { after, types, from = store }: { after?: string | undefined; types?: readonly string[]; from?: EventStore } = {},
): Promise<{ events: StreamEvent[]; checkpoint: string | undefined }> {
  const events: StreamEvent[] = [];
  let checkpoint = after;
  const take = async () => {
    const page = await from.readAll(checkpoint, { limit: 7, ...(types && { types }) });
    events.push(...page.events);
    checkpoint = page.checkpoint;
    return events.length >= count && page.events.length === 0;
  };
  await waitFor(take, { description: `${count} events`, intervalMs: 5 });
  return { events, checkpoint };
}

describe('append and getEvents', () => {
  it('gives a stream back as it was appended, from any version, in pages', async () => {
    const stream = newStream();
    const occurredAt = new Date('2026-01-06T10:14:52.643Z');
    const first = {
      id: randomUUID(),
      type: 'OPENED',
      data: { text: 'a\0b', list: [1] },
      metadata: { ownerId: 'u-1' },
      occurredAt,
    };
    expect(await store.append(stream, [first, happened(2), happened(3)], { expectedVersion: 'none' })).toBe(3);
    expect(await store.append(stream, [happened(4), happened(5)], { expectedVersion: 3 })).toBe(5);
    const all = await read(stream.aggregateId);
    expect(all[0]).toEqual({ ...first, ...stream, version: 1, schemaVersion: 1 });
    expect(all.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
    expect(numbers(await read(stream.aggregateId, { fromVersion: 3 }))).toEqual([3, 4, 5]);
    expect(numbers(await read(stream.aggregateId, { fromVersion: 2, limit: 2 }))).toEqual([2, 3]);
    expect(await read(randomUUID())).toEqual([]);
  });

  it.each<[ExpectedVersion, number]>([
    ['none', 2],
    [0, 2],
    [1, 2],
    [3, 2],
  ])(
    'refuses %s for a stream of version %s, says the version, and leaves the transaction usable',
    async (expectedVersion, actualVersion) => {
      const stream = newStream();
      await store.append(stream, [happened(1), happened(2)], { expectedVersion: 'none' });
      await database.transaction(async (tx) => {
        await expect(store.append(stream, [happened(3)], { expectedVersion, tx })).rejects.toMatchObject({
          code: 'VERSION_CONFLICT',
          retryable: true,
          actualVersion,
        });
        await store.append(stream, [happened(3)], { expectedVersion: actualVersion, tx });
      });
      expect(numbers(await read(stream.aggregateId))).toEqual([1, 2, 3]);
    },
  );

  it('refuses a version of a stream that is not there', async () => {
    await expect(store.append(newStream(), [happened(1)], { expectedVersion: 1 })).rejects.toMatchObject({ actualVersion: 0 });
    await expect(store.append(newStream(), [], { expectedVersion: 1 })).rejects.toMatchObject({ actualVersion: 0 });
  });

  it('appends with the caller’s transaction or not at all', async () => {
    const stream = newStream();
    const attempt = database.transaction(async (tx) => {
      await store.append(stream, [happened(1)], { expectedVersion: 'none', tx });
      throw new Error('no');
    });
    await expect(attempt).rejects.toThrow('no');
    expect(await read(stream.aggregateId)).toEqual([]);
    expect(await store.append(stream, [happened(1)], { expectedVersion: 'none' })).toBe(1);
  });

  it('lets exactly one of those win that expect the same version, whatever they append', async () => {
    const batches = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(batches, { minLength: 1, maxLength: 4 }), async (rounds) => {
        const stream = newStream();
        let version = 0;
        for (const writers of rounds) {
          const attempts = writers.map((count) =>
            store.append(
              stream,
              Array.from({ length: count }, (_, n) => happened(n)),
              { expectedVersion: version },
            ),
          );
          const outcomes = await Promise.allSettled(attempts);
          const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
          expect(won).toHaveLength(1);
          for (const outcome of outcomes) {
            if (outcome.status === 'rejected')
              expect(outcome.reason).toMatchObject({ code: 'VERSION_CONFLICT', actualVersion: won[0] });
          }
          version = won[0] as number;
        }
        expect((await read(stream.aggregateId)).map((event) => event.version)).toEqual(
          Array.from({ length: version }, (_, n) => n + 1),
        );
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});

describe('readAll', () => {
  it('misses nothing and repeats nothing while 8 connections append in transactions that stay open for random times', async () => {
    const streams = Array.from({ length: 5 }, newStream);
    const written: string[] = [];
    let isWriting = true;
    const random = (below: number) => Math.floor(Math.random() * below);
    const write = async () => {
      for (let round = 0; round < 40; round += 1) {
        await database.transaction(async (tx) => {
          // Has its id before it waits for a stream: may come behind a younger transaction there.
          if (random(2) === 0) await tx.query('SELECT pg_current_xact_id()');
          const ids = Array.from({ length: 1 + random(3) }, () => randomUUID());
          await tx.query('SELECT pg_sleep($1)', [random(20) / 1000]);
          const stream = streams[random(streams.length)] as (typeof streams)[number];
          await store.append(
            stream,
            ids.map((id) => ({ id, ...happened(round) })),
            { expectedVersion: 'any', tx },
          );
          await tx.query('SELECT pg_sleep($1)', [random(20) / 1000]);
          written.push(...ids);
        });
      }
    };
    const seen: StreamEvent[] = [];
    let checkpoint: string | undefined;
    const follow = async () => {
      while (isWriting) {
        const page = await store.readAll(checkpoint, { limit: 1 + random(20) });
        seen.push(...page.events);
        checkpoint = page.checkpoint;
      }
    };
    const following = follow();
    await Promise.all(Array.from({ length: 8 }, write));
    isWriting = false;
    await following;
    seen.push(...(await readUntil(written.length - seen.length, { after: checkpoint })).events);
    expect(seen.map(({ id }) => id).toSorted()).toEqual(written.toSorted());
    for (const { aggregateId } of streams) {
      const versions = seen.filter((event) => event.aggregateId === aggregateId).map(({ version }) => version);
      expect(versions).toEqual(Array.from({ length: versions.length }, (_, n) => n + 1));
    }
  }, 60_000);

  it('keeps a stream in order where an older transaction appends behind a younger one', async () => {
    const stream = newStream();
    const { checkpoint } = await readUntil(0);
    await database.transaction(async (older) => {
      await older.query('SELECT pg_current_xact_id()');
      await store.append(stream, [happened(1)], { expectedVersion: 'none' });
      await store.append(stream, [happened(2)], { expectedVersion: 1, tx: older });
      // The younger one committed, and must wait for the older one all the same.
      expect((await store.readAll(checkpoint)).events).toEqual([]);
    });
    expect(numbers((await readUntil(2, { after: checkpoint })).events)).toEqual([1, 2]);
  });

  it('reads the wanted types, and its checkpoint passes over the others', async () => {
    const stream = newStream();
    const { checkpoint: before } = await readUntil(0);
    await store.append(
      stream,
      Array.from({ length: 20 }, (_, n) => happened(n, n % 10 === 0 ? 'RARE' : 'COMMON')),
      { expectedVersion: 'none' },
    );
    const rare = await readUntil(2, { after: before, types: ['RARE'] });
    expect(numbers(rare.events)).toEqual([0, 10]);
    await store.append(stream, [happened(20)], { expectedVersion: 20 });
    expect(numbers((await readUntil(1, { after: rare.checkpoint })).events)).toEqual([20]);
  });

  it('upcasts what it reads, and finds it under its new type', async () => {
    const upcasters = [{ type: 'OLD', fromSchemaVersion: 1, toType: 'NEW', upcast: ({ n }: { n: number }) => ({ n: n * 10 }) }];
    const newer = createEventStore({ database, upcasters });
    const stream = newStream();
    await store.append(stream, [happened(1, 'OLD'), { ...happened(2, 'NEW'), schemaVersion: 2 }], { expectedVersion: 'none' });
    const { events } = await readUntil(2, { types: ['NEW'], from: newer });
    expect(numbers(events)).toEqual([10, 2]);
    expect(numbers(await collect(newer.getEvents('account', stream.aggregateId)))).toEqual([10, 2]);
    expect((await newer.readAll(undefined, { types: ['OLD'] })).events).toEqual([]);
  });

  it('goes on after a restore from a dump, where transaction ids begin anew', async () => {
    const stream = newStream();
    await store.append(stream, [happened(1)], { expectedVersion: 'none' });
    const { checkpoint } = await readUntil(1);
    // What a restore brings: another cluster, and ids far above the present ones.
    await database.execute(`UPDATE event_store_epochs SET cluster = 'elsewhere'`);
    await database.execute(`UPDATE event_store_events SET stamp = '9000000000000'`);
    await database.execute(`UPDATE event_store_streams SET stamp = '9000000000000'`);
    const restored = createEventStore({ database });
    await restored.append(stream, [happened(2)], { expectedVersion: 1 });
    expect(numbers((await readUntil(2, { from: restored })).events)).toEqual([1, 2]);
    await createEventStore({ database }).append(stream, [happened(3)], { expectedVersion: 2 });
    expect(await database.query('SELECT 1 FROM event_store_epochs')).toHaveLength(2);
    // The one that was seen has a higher stamp now, which only this test's way of restoring gives it.
    expect(numbers((await readUntil(3, { after: checkpoint, from: restored })).events)).toEqual([1, 2, 3]);
  });

  it('refuses what is no checkpoint', () => expect(store.readAll('42')).rejects.toMatchObject({ code: 'CONFIGURATION_REFUSED' }));
});

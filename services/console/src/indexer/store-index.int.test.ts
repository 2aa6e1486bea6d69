import { readFile } from 'node:fs/promises';
import { orderCodec, s3Codec } from '@throughline/events';
import { OUTCOMES_TOPIC } from '@throughline/messaging';
import { type ConsoleDatabase, eventRecord, openConsoleDatabase, quiet } from '../../test/console-database.ts';
import { createDayPartitions } from './day-partitions.ts';
import { storeEvents } from './store-events.ts';
import { storeOutcomes } from './store-outcomes.ts';

const DAY_MS = 86_400_000;

let index: ConsoleDatabase;

beforeAll(async () => {
  index = await openConsoleDatabase();
});

afterAll(() => index?.close());

const countOf = async (table: string, eventId: string) =>
  Number(
    (await index.database.query<{ count: string }>(`SELECT count(*) FROM ${table} WHERE event_id = $1`, [eventId]))[0]?.count,
  );

describe('storeEvents', () => {
  it('keeps what headers say, once, however often the record comes', async () => {
    const records = [eventRecord({ id: 'once-1', offset: 1, causationId: 'cause-1' }), eventRecord({ id: 'once-2', offset: 2 })];
    await storeEvents({ ...index, codecs: [s3Codec] }, records);
    await storeEvents({ ...index, codecs: [s3Codec] }, records);
    const rows = await index.database.query('SELECT * FROM indexed_events WHERE event_id = $1', ['once-1']);
    expect(rows).toEqual([
      expect.objectContaining({
        topic: 'storage.object.v1',
        partition: 0,
        record_offset: '1',
        source: 'OBJECT_SERVICE',
        type: 'OBJECT_CREATED',
        record_key: 'o-1',
        trace_id: '0af7651916cd43dd8448eb211c80319c',
        correlation_id: 'correlation-1',
        causation_id: 'cause-1',
      }),
    ]);
    expect(await countOf('indexed_events', 'once-2')).toBe(1);
  });

  it.each([
    ['throughline/throughline.canary.v1', { source: 'CONSOLE', type: 'throughline.canary' }],
    ['order-intake/OrderCreated.v1', { source: 'order-intake', type: 'OrderCreated' }],
  ])('reads the identity of %s that came without headers', async (contract, identity) => {
    const value = await readFile(new URL(`../../../../contracts/${contract}.example.json`, import.meta.url));
    const topic = `bare.${identity.type}`;
    const record = { ...eventRecord({ id: '', offset: 1, topic, headers: {} }), value };
    await storeEvents({ ...index, codecs: [s3Codec, orderCodec] }, [record]);
    const rows = await index.database.query('SELECT event_id, source, type FROM indexed_events WHERE topic = $1', [topic]);
    expect(rows).toEqual([{ event_id: JSON.parse(value.toString()).eventId, ...identity }]);
  });

  it.each([
    ['no headers of ours', { colour: 'red' }],
    ['broken headers', { ce_id: 'broken', ce_specversion: '9' }],
  ])('keeps a record with %s under its place in the log', async (_name, headers) => {
    const topic = `foreign.${Object.keys(headers)[0]}`;
    await storeEvents({ ...index, codecs: [s3Codec] }, [eventRecord({ id: 'x', offset: 7, topic, headers })]);
    expect(await countOf('indexed_events', `${topic}/0/7`)).toBe(1);
  });

  it.each([
    ['text', Buffer.from('ключ'), 'ключ'],
    ['none', null, null],
    ['bytes', Buffer.from([0xff, 0x00]), 'base64:/wA='],
    ['NUL', Buffer.from('a\u0000b'), 'base64:YQBi'],
  ])('keeps a key of %s', async (name, key, expected) => {
    await storeEvents({ ...index, codecs: [s3Codec] }, [
      eventRecord({ id: `key-${name}`, offset: 1, topic: `keys.${name}`, key }),
    ]);
    const rows = await index.database.query('SELECT record_key FROM indexed_events WHERE event_id = $1', [`key-${name}`]);
    expect(rows).toEqual([{ record_key: expected }]);
  });

  it('leaves out what is older than is kept, and takes a time that is to come for today', async () => {
    const old = eventRecord({ id: 'old', offset: 1, topic: 'times', atMs: Date.now() - 9 * DAY_MS });
    const future = eventRecord({ id: 'future', offset: 2, topic: 'times', atMs: Date.now() + 400 * DAY_MS });
    await storeEvents({ ...index, codecs: [s3Codec] }, [old, future]);
    expect(await countOf('indexed_events', 'old')).toBe(0);
    expect(await countOf('indexed_events', 'future')).toBe(1);
  });
});

describe('storeOutcomes', () => {
  const runs = [
    ['OBJECT_SERVICE', 'handled', 1, ['o-1', 'o-2']],
    ['OBJECT_SERVICE', 'retried', 2, ['o-3'], 'TypeError: no\u0000thing, again in 5s'],
  ];
  const value = {
    v: 1,
    service: 'storage.metadata',
    group: 'storage.metadata',
    topic: 't',
    partition: 3,
    at: Date.now(),
    ms: 2.5,
    runs,
  };
  const record = (offset: number, bytes: string) => ({
    ...eventRecord({ id: '', offset, topic: OUTCOMES_TOPIC, headers: {} }),
    value: Buffer.from(bytes),
  });

  it('keeps each event of each batch, once; one that cannot be read does not stop the others', async () => {
    const records = [
      record(1, JSON.stringify(value)),
      record(2, 'no json'),
      record(3, JSON.stringify({ ...value, group: 'other' })),
    ];
    const options = { database: index.database, days: index.days, logger: quiet };
    await storeOutcomes(options, records);
    await storeOutcomes(options, records);
    const rows = await index.database.query(
      `SELECT event_id, consumer_group, outcome, attempt, detail, duration_ms, partition FROM event_outcomes ORDER BY outcome_offset, position`,
    );
    const expected = (group: string): unknown[] => [
      { event_id: 'o-1', consumer_group: group, outcome: 'handled', attempt: 1, detail: null, duration_ms: 2.5, partition: 3 },
      { event_id: 'o-2', consumer_group: group, outcome: 'handled', attempt: 1, detail: null, duration_ms: 2.5, partition: 3 },
      expect.objectContaining({
        event_id: 'o-3',
        outcome: 'retried',
        attempt: 2,
        detail: 'TypeError: no\ufffdthing, again in 5s',
      }),
    ];
    expect(rows).toEqual([...expected('storage.metadata'), ...expected('other')]);
  });
});

describe('day partitions', () => {
  const daysOf = async () =>
    (
      await index.database.query<{ name: string }>(
        `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'indexed_events'::regclass ORDER BY 1`,
      )
    ).map(({ name }) => name);

  it('go with time: what is too old is dropped, days to come are made before', async () => {
    const before = await daysOf();
    expect(before).toHaveLength(10);
    const later = createDayPartitions({ ...index, logger: quiet, retentionDays: 7, nowMs: () => Date.now() + DAY_MS });
    await Promise.all([later.refresh(), later.refresh()]);
    const after = await daysOf();
    expect(after).toHaveLength(10);
    expect(after.slice(0, -1)).toEqual(before.slice(1));
  });
});

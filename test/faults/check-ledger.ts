import { headerText, s3Codec } from '@throughline/events';
import { deadLetterTopic, type IncomingRecord, type MessagingDriver } from '@throughline/messaging';
import type { Queryable } from '@throughline/postgres';
import { testPrefix, waitFor } from '@throughline/testing';
import type { Entry } from './ledger.ts';
import { groupTopics, type LedgerGroup } from './ledger-service.ts';

export interface CheckOptions {
  readonly database: Queryable;
  readonly driver: MessagingDriver;
  readonly topic: string;
  readonly groups: readonly LedgerGroup[];
}

/** A broken promise, in words, with the first of the events it is about. */
export type Violation = string;

const SHOWN = 10;

/** Everything that was promised, looked at when all is quiet; nothing when it holds. */
export async function checkLedger(options: CheckOptions): Promise<Violation[]> {
  const records = await readTopic(options.driver, options.topic);
  const violations = [...(await checkOutbox(options)), ...(await checkTopic(options, records))];
  for (const group of options.groups) {
    violations.push(
      ...(await checkEffects(options, group)),
      ...(await checkParked(options, group)),
      ...(await checkDeadLetters(options, group, records)),
      ...(await checkLag(options, group)),
    );
  }
  return violations;
}

async function checkOutbox({ database }: CheckOptions): Promise<Violation[]> {
  const rows = await database.query<{ id: string }>('SELECT id FROM outbox WHERE sent_at IS NULL');
  return violation(
    'committed outbox rows were not sent',
    rows.map(({ id }) => id),
  );
}

/** Every committed event, in the order of its key by first occurrence, and none that was not committed. */
async function checkTopic({ database }: CheckOptions, records: readonly IncomingRecord[]): Promise<Violation[]> {
  const published = await database.query<{ eventId: string }>('SELECT event_id AS "eventId" FROM published');
  const seen = new Set<string>();
  const next = new Map<string, number>();
  const overtaken: string[] = [];
  for (const { value } of records) {
    const { id, data } = s3Codec.decode(value ?? Buffer.alloc(0)) as { id: string; data: Entry };
    if (seen.has(id)) continue;
    seen.add(id);
    const expected = next.get(data.account) ?? 1;
    if (data.number !== expected) overtaken.push(id);
    next.set(data.account, Math.max(expected, data.number + 1));
  }
  const committed = new Set(published.map(({ eventId }) => eventId));
  return [
    ...violation(
      'committed events are not in Kafka',
      [...committed].filter((id) => !seen.has(id)),
    ),
    ...violation(
      'events in Kafka were never committed',
      [...seen].filter((id) => !committed.has(id)),
    ),
    ...violation('events came into Kafka out of the order of their key', overtaken),
  ];
}

/** Once each, but for those that wait for a decision, were discarded, or wait behind one of their key; in the order of the key where that is promised. */
async function checkEffects({ database }: CheckOptions, { group, order }: LedgerGroup): Promise<Violation[]> {
  const doubled = await database.query<{ id: string }>(
    'SELECT event_id AS id FROM effects WHERE consumer_group = $1 GROUP BY event_id HAVING count(*) > 1',
    [group],
  );
  const missing = await database.query<{ id: string }>(
    `WITH undecided AS (
       SELECT p.account, p.number, d.status FROM dead_letters d JOIN published p ON p.event_id::text = d.event_id WHERE d.consumer_group = $1
     )
     SELECT event_id AS id FROM published p
     WHERE NOT EXISTS (SELECT 1 FROM effects e WHERE e.consumer_group = $1 AND e.event_id = p.event_id)
       AND NOT EXISTS (SELECT 1 FROM undecided u WHERE u.account = p.account AND u.number = p.number AND u.status IN ('waiting', 'discarded', 'edited'))
       AND NOT ($2 AND EXISTS (SELECT 1 FROM undecided u WHERE u.account = p.account AND u.number < p.number AND u.status = 'waiting'))`,
    [group, order === 'key'],
  );
  const ofNobody = await database.query<{ id: string }>(
    'SELECT event_id AS id FROM effects e WHERE consumer_group = $1 AND NOT EXISTS (SELECT 1 FROM published p WHERE p.event_id = e.event_id) AND NOT EXISTS (SELECT 1 FROM edits WHERE edits.event_id = e.event_id)',
    [group],
  );
  const overtaken = await database.query<{ id: string }>(
    `SELECT id FROM (
       SELECT event_id AS id, number, lag(number) OVER (PARTITION BY account ORDER BY position) AS before FROM effects WHERE consumer_group = $1
     ) AS e WHERE number <= before`,
    [order === 'key' ? group : ''],
  );
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
  return [
    ...violation(`${group}: events had their effect more than once`, ids(doubled)),
    ...violation(`${group}: events had no effect`, ids(missing)),
    ...violation(`${group}: effects of events that were never committed`, ids(ofNobody)),
    ...violation(`${group}: effects out of the order of their key`, ids(overtaken)),
  ];
}

/** A key may be blocked only behind a head that waits for a decision. */
async function checkParked({ database }: CheckOptions, { group }: LedgerGroup): Promise<Violation[]> {
  const rows = await database.query<{ key: string }>(
    `SELECT encode(k.key_id, 'escape') AS key FROM parked_keys k LEFT JOIN dead_letters d ON d.dlq_id = k.dlq_id
     WHERE k.consumer_group = $1 AND (k.next_attempt_at IS NOT NULL OR d.status IS DISTINCT FROM 'waiting')`,
    [group],
  );
  return violation(
    `${group}: keys are parked without a reason`,
    rows.map(({ key }) => key),
  );
}

/** Exactly those whose handler fails for good, at most once for each of their records; in the table and in the topic. */
async function checkDeadLetters(
  { database, driver }: CheckOptions,
  { group }: LedgerGroup,
  records: readonly IncomingRecord[],
): Promise<Violation[]> {
  const letters = await database.query<{ dlqId: string; eventId: string; behaviour: string | null }>(
    `SELECT dlq_id AS "dlqId", d.event_id AS "eventId", behaviour FROM dead_letters d LEFT JOIN published p ON p.event_id::text = d.event_id
     WHERE d.consumer_group = $1`,
    [group],
  );
  const innocent = letters.filter(({ behaviour }) => behaviour !== 'poison' && behaviour !== 'deadly');
  const sent = countBy(records, ({ headers }) => headerText(headers, 'ce_id'));
  const tooMany = [...countBy(letters, ({ eventId }) => eventId)].filter(([eventId, count]) => count > (sent.get(eventId) ?? 0));
  const inTopic = new Set((await readTopic(driver, deadLetterTopic(group))).map(({ headers }) => headerText(headers, 'dlq-id')));
  const known = new Set<string | undefined>(letters.map(({ dlqId }) => dlqId));
  return [
    ...violation(
      `${group}: dead letters that are not to blame`,
      innocent.map(({ eventId }) => eventId),
    ),
    ...violation(
      `${group}: events with more dead letters than records`,
      tooMany.map(([eventId]) => String(eventId)),
    ),
    ...violation(
      `${group}: dead letters are not in their topic`,
      letters.flatMap(({ dlqId }) => (inTopic.has(dlqId) ? [] : [dlqId])),
    ),
    ...violation(
      `${group}: records of the dead-letter topic without a row`,
      [...inTopic].filter((id) => !known.has(id)).map(String),
    ),
  ];
}

function countBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

async function checkLag({ driver, topic }: CheckOptions, group: LedgerGroup): Promise<Violation[]> {
  const behind = (await driver.groups.offsets(group.group, await topicsOfGroup(driver, group, topic))).filter(
    ({ committed, low, high }) => high > low && (committed ?? low) < high,
  );
  return violation(
    `${group.group}: partitions with lag`,
    behind.map(({ topic: name, partition, committed, high }) => `${name}/${partition} ${committed}<${high}`),
  );
}

/** What the group reads, as far as it exists. */
export async function topicsOfGroup(driver: MessagingDriver, group: LedgerGroup, topic: string): Promise<string[]> {
  const existing = new Set(await driver.listTopics());
  const own = groupTopics(group).map((each) => each.topic);
  return [topic, ...own].filter((name) => name !== deadLetterTopic(group.group) && existing.has(name));
}

/** All records of a topic as of now; of one partition in their order. */
export async function readTopic(driver: MessagingDriver, topic: string): Promise<IncomingRecord[]> {
  const ends = await driver.groups.offsets(testPrefix('nobody'), [topic]);
  const expected = ends.reduce((sum, { low, high }) => sum + Number(high - low), 0);
  const records: IncomingRecord[] = [];
  if (expected === 0) return records;
  const consumer = await driver.consume({
    group: testPrefix('reader'),
    topics: [topic],
    concurrency: 1,
    maxChunkRecords: () => 1_000,
    handle: async (chunk) => {
      records.push(...chunk);
      return [];
    },
  });
  try {
    await waitFor(() => records.length >= expected, { description: `${expected} records of ${topic}`, timeoutMs: 120_000 });
  } finally {
    await consumer.stop();
  }
  return records;
}

function violation(what: string, ids: readonly string[]): Violation[] {
  if (ids.length === 0) return [];
  const more = ids.length > SHOWN ? `, and ${ids.length - SHOWN} more` : '';
  return [`${ids.length} ${what}: ${ids.slice(0, SHOWN).join(', ')}${more}`];
}

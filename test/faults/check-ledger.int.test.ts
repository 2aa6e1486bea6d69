import { randomUUID } from 'node:crypto';
import { checkLedger } from './check-ledger.ts';
import { type CrashStage, createCrashStage } from './crash/crash-stage.ts';
import type { NewEntry } from './ledger.ts';

// The checks of the fault suite, shown to see what they look for.

const entries: NewEntry[] = ['a', 'b'].map((account) => ({ type: 'ENTRY_ADDED', account, behaviour: 'good' }));

describe('checkLedger', () => {
  let stage: CrashStage;
  let group: string;
  let eventId: string;

  beforeAll(async () => {
    stage = await createCrashStage({ order: 'key' });
    group = stage.group.group;
    await stage.publish(entries, entries, entries);
    await stage.service.relay.start();
    const member = await stage.service.join(stage.group);
    await stage.drained();
    await member.stop();
    await stage.service.relay.stop();
    const [row] = await stage.database.query<{ eventId: string }>(
      `SELECT event_id AS "eventId" FROM published WHERE account = 'a' AND number = 1`,
    );
    eventId = row?.eventId ?? '';
  }, 60_000);

  afterAll(() => stage.close());

  /** What is found while the statement's change is there; it is rolled back after. */
  const found = async (statement: string, parameters: readonly unknown[] = []): Promise<readonly string[]> => {
    let violations: readonly string[] = [];
    const rolledBack = new Error('rolled back');
    await stage.database
      .transaction(async (tx) => {
        expect(await tx.execute(statement, parameters)).toBeGreaterThan(0);
        violations = await checkLedger({ ...stage.check, database: tx });
        throw rolledBack;
      })
      .catch((error: unknown) => {
        if (error !== rolledBack) throw error;
      });
    return violations;
  };

  it('finds nothing where nothing is wrong', async () => {
    expect(await stage.violations()).toEqual([]);
  });

  it('finds a lost effect', async () => {
    const violations = await found('DELETE FROM effects WHERE event_id = $1', [eventId]);
    expect(violations).toEqual([`1 ${group}: events had no effect: ${eventId}`]);
  });

  it('finds a doubled effect', async () => {
    const violations = await found(
      "INSERT INTO effects (consumer_group, event_id, account, number) SELECT consumer_group, event_id, account, number FROM effects WHERE account = 'a' AND number = 3",
    );
    expect(violations).toContainEqual(expect.stringContaining('events had their effect more than once'));
  });

  it('finds an effect out of the order of its key', async () => {
    const violations = await found(
      `WITH first AS (DELETE FROM effects WHERE event_id = $1 RETURNING *)
       INSERT INTO effects (consumer_group, event_id, account, number) SELECT consumer_group, event_id, account, number FROM first`,
      [eventId],
    );
    expect(violations).toEqual([`1 ${group}: effects out of the order of their key: ${eventId}`]);
  });

  it('finds an effect of an event that was never committed, and its record', async () => {
    const violations = await found('DELETE FROM published WHERE event_id = $1', [eventId]);
    expect(violations).toEqual([
      `1 events in Kafka were never committed: ${eventId}`,
      `1 ${group}: effects of events that were never committed: ${eventId}`,
    ]);
  });

  it('finds a committed event that is not in Kafka', async () => {
    const lost = randomUUID();
    const violations = await found("INSERT INTO published VALUES ($1, 'a', 4, 'good')", [lost]);
    expect(violations).toEqual([`1 committed events are not in Kafka: ${lost}`, `1 ${group}: events had no effect: ${lost}`]);
  });

  it('finds an outbox row that was not sent', async () => {
    const violations = await found('UPDATE outbox SET status = 3, sent_at = NULL WHERE id = $1', [eventId]);
    expect(violations).toEqual([`1 committed outbox rows were not sent: ${eventId}`]);
  });

  it('finds a dead letter that is not to blame, and is not in its topic', async () => {
    const violations = await found(
      `INSERT INTO dead_letters (dlq_id, consumer_group, source, event_id, reason, original_topic, original_partition, original_offset, original_timestamp, headers,
         attempts, first_failed_at, last_failed_at, error_class, error_message, error_stack, replay_count)
       VALUES (gen_random_uuid(), $1, 'LEDGER_SERVICE', $2, 'attempts', 't', 0, 0, now(), '{}', 1, now(), now(), '', '', '', 0)`,
      [group, eventId],
    );
    expect(violations).toEqual([
      expect.stringContaining('dead letters that are not to blame'),
      expect.stringContaining('dead letters are not in their topic'),
    ]);
  });

  it('finds a key that is parked without a reason', async () => {
    const violations = await found(
      `INSERT INTO parked_keys (consumer_group, topic, key_id, head_position, parked_records, next_attempt_at) VALUES ($1, 't', 'a', 0, 1, now())`,
      [group],
    );
    expect(violations).toEqual([`1 ${group}: keys are parked without a reason: a`]);
  });

  it('finds lag, and events that overtook one of their key on the way into Kafka', async () => {
    const producer = await stage.service.driver.createProducer({ name: 'intruder' });
    const copy = {
      eventId: randomUUID(),
      eventType: 'ENTRY_ADDED',
      sourceService: 'LEDGER_SERVICE',
      ownerId: randomUUID(),
      occurredAt: 1,
    };
    const payload = { payloadType: 'ENTRY_ADDED', account: 'a', number: 9, behaviour: 'good' };
    const value = Buffer.from(JSON.stringify({ ...copy, payload }));
    await producer.send([{ topic: stage.check.topic, key: 'a', value, headers: {} }], { timeoutMs: 10_000 });
    expect(await stage.violations()).toEqual([
      `1 events in Kafka were never committed: ${copy.eventId}`,
      `1 events came into Kafka out of the order of their key: ${copy.eventId}`,
      expect.stringMatching(new RegExp(`^1 ${group}: partitions with lag: `)),
    ]);
  });
});

import { type Consumer, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import pg from 'pg';
import type { VariantPlan } from '../plan.ts';
import type { MeasuringWindow } from './measuring-window.ts';

/** kafkajs and pg with their defaults, as people use them. */
export function openHandWritten({ brokers, databaseUrl }: VariantPlan) {
  const kafka = new Kafka({ clientId: 'hand-written', brokers: brokers.split(','), logLevel: logLevel.ERROR });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 16 });
  return { kafka, pool };
}

/** A consumer that reads the topic from its beginning. */
export async function joinGroup(kafka: Kafka, { group, topic }: VariantPlan, window?: MeasuringWindow): Promise<Consumer> {
  const consumer = kafka.consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  consumer.on(consumer.events.GROUP_JOIN, () => window?.noteRebalance());
  return consumer;
}

export async function openProducer(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return producer;
}

/** The loop's transaction: once an event, and the business row. */
export async function handleInTransaction(pool: pg.Pool, eventId: string, key: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rowCount } = await client.query('INSERT INTO processed (event_id) VALUES ($1) ON CONFLICT DO NOTHING', [eventId]);
    if (rowCount === 1) {
      await client.query(
        `INSERT INTO balances (key, amount, updated_at) VALUES ($1, 1, now())
         ON CONFLICT (key) DO UPDATE SET amount = balances.amount + 1, updated_at = now()`,
        [key],
      );
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

/** `SKIP LOCKED` in batches of 100, and a wait of 100 ms when there was nothing more. */
export function startPoller(pool: pg.Pool, producer: Producer, onSent: (rows: number) => void): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const rows = await relayOnce(pool, producer);
      onSent(rows);
      if (rows < LIMIT) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

const LIMIT = 100;

interface OutboxRow {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly payload: string;
  readonly headers: Record<string, string>;
}

async function relayOnce(pool: pg.Pool, producer: Producer): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<OutboxRow>(
      `SELECT id, topic, key, payload, headers FROM hand_outbox WHERE sent_at IS NULL ORDER BY id LIMIT ${LIMIT} FOR UPDATE SKIP LOCKED`,
    );
    const topics = Map.groupBy(rows, ({ topic }) => topic);
    for (const [topic, messages] of topics) {
      await producer.send({ topic, messages: messages.map(({ key, payload, headers }) => ({ key, value: payload, headers })) });
    }
    if (rows.length > 0) {
      await client.query('UPDATE hand_outbox SET sent_at = now() WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
    }
    await client.query('COMMIT');
    return rows.length;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

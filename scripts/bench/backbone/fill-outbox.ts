import { randomUUID } from 'node:crypto';
import { s3Codec } from '@throughline/events';
import { createEventPublisher } from '@throughline/messaging';
import { createDatabase, createOutbox, migrate } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { benchContracts } from './bench-contracts.ts';
import { type BenchDatabase, createHandWrittenTables } from './bench-database.ts';
import { benchEvent, handWrittenMessage } from './bench-event.ts';

/** Objects whose events wait in the outbox. */
const SEED = 1_000;

/** Puts rows into an outbox of ours: the first thousand as a service does, the others as copies with ids of their own. */
export async function fillOutbox(bench: BenchDatabase, topic: string, rows: number): Promise<void> {
  const logger = createLogger({ name: 'bench', level: 'warn' });
  const database = createDatabase({ connectionString: bench.url, applicationName: 'bench', logger });
  try {
    await migrate({ database, logger, directory: new URL('./migrations/', import.meta.url) });
    const publisher = createEventPublisher({
      source: 'OBJECT_SERVICE',
      codec: s3Codec,
      contracts: await benchContracts(),
      outbox: createOutbox({ wake: () => undefined }),
      destination: () => ({ topic, aggregateType: 'object' }),
    });
    await database.transaction(async (tx) => {
      for (let index = 0; index < Math.min(SEED, rows); index += 1) {
        const { type, key, ownerId, data } = benchEvent(index);
        await publisher.publish(tx, { type, key, ownerId, data });
      }
    });
  } finally {
    await database.close();
  }
  await bench.query(COPY_ROWS, [SEED, rows]);
  await settleTable(bench, 'outbox');
}

const COPY_ROWS = `
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, headers, topic, record_key, shard)
SELECT copy.id, aggregatetype, aggregateid, type, payload, jsonb_set(headers, '{ce_id}', to_jsonb(copy.id::text)), topic, record_key, shard
FROM (SELECT n, gen_random_uuid() AS id FROM generate_series($1::bigint + 1, $2::bigint) AS n) AS copy
JOIN outbox AS seed ON seed.seq = 1 + (copy.n - 1) % $1::bigint
ORDER BY copy.n`;

/** The same for the hand-written outbox. */
export async function fillHandWrittenOutbox(bench: BenchDatabase, topic: string, rows: number): Promise<void> {
  await createHandWrittenTables(bench);
  const seed = Array.from({ length: Math.min(SEED, rows) }, (_, index) => handWrittenMessage(benchEvent(index)));
  await bench.query(
    `INSERT INTO hand_outbox (topic, key, payload, headers)
     SELECT $1, key, payload, headers FROM unnest($2::text[], $3::text[], $4::jsonb[]) AS given (key, payload, headers)`,
    [topic, seed.map(({ key }) => key), seed.map(({ value }) => value), seed.map(({ headers }) => JSON.stringify(headers))],
  );
  await bench.query(
    `INSERT INTO hand_outbox (topic, key, payload, headers)
     SELECT topic, key, payload, jsonb_set(headers, '{ce_id}', to_jsonb($3::text || n))
     FROM generate_series($1::bigint + 1, $2::bigint) AS n JOIN hand_outbox AS seed ON seed.id = 1 + (n - 1) % $1::bigint
     ORDER BY n`,
    [SEED, rows, randomUUID()],
  );
  await settleTable(bench, 'hand_outbox');
}

/** What a table of that age would have behind it, and nothing left for the window. */
async function settleTable(bench: BenchDatabase, table: string): Promise<void> {
  await bench.query(`VACUUM ANALYZE ${table}`);
  await bench.query('CHECKPOINT');
}

import type { IncomingRecord } from '@throughline/messaging';
import { createDatabase, type Database, migrate } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase } from '@throughline/testing';
import { createDayPartitions, type DayPartitions } from '../src/indexer/day-partitions.ts';

export const quiet = createLogger({ name: 'console-test', level: 'fatal' });

/** A console's database of one suite's own. */
export interface ConsoleDatabase {
  readonly database: Database;
  readonly days: DayPartitions;
  close(): Promise<void>;
}

export async function openConsoleDatabase(): Promise<ConsoleDatabase> {
  const test = await createTestDatabase();
  const database = createDatabase({ connectionString: test.url, applicationName: 'console-test', logger: quiet });
  await migrate({ database, directory: new URL('../migrations/', import.meta.url), logger: quiet });
  const days = createDayPartitions({ database, logger: quiet, retentionDays: 7 });
  await days.refresh();
  return {
    database,
    days,
    close: async () => {
      await database.close();
      await test.drop();
    },
  };
}

/** An event as it lies in the log. */
export function eventRecord(given: {
  readonly id: string;
  readonly offset: number;
  readonly causationId?: string;
  readonly atMs?: number;
  readonly topic?: string;
  readonly key?: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}): IncomingRecord {
  const { id, offset, causationId, atMs = Date.now(), topic = 'storage.object.v1', key = Buffer.from('o-1') } = given;
  const headers = given.headers ?? {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: 'OBJECT_SERVICE',
    ce_type: 'OBJECT_CREATED',
    ce_time: '2026-01-06T10:14:52.643695Z',
    ce_correlationid: 'correlation-1',
    ...(causationId !== undefined && { ce_causationid: causationId }),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  return {
    topic,
    partition: 0,
    offset: BigInt(offset),
    key,
    value: Buffer.from('{}'),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    timestampMs: atMs,
  };
}

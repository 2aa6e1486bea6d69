import { migrate } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import { createLedgerTables } from '../ledger.ts';
import { groupTopics, type LedgerGroup, type LedgerService } from '../ledger-service.ts';

const PARTITIONS = 6;
const START_DEADLINE_MS = 60_000;
const logger = createLogger({ name: 'fault-suite', level: 'fatal' });

/** Tables and topics. */
export async function prepareLedger(
  { database, driver }: LedgerService,
  topic: string,
  groups: readonly LedgerGroup[],
): Promise<void> {
  await migrate({ database, logger });
  await createLedgerTables(database);
  const own = groups.flatMap((group) => groupTopics(group, PARTITIONS));
  await driver.ensureTopics([{ topic, partitions: PARTITIONS }, ...own], { create: true });
}

/** Faults before anything has begun would only test the start. */
export async function waitUntilAtWork({ database }: LedgerService, groups: readonly LedgerGroup[]): Promise<void> {
  const isAtWork = async () => {
    const [row] = await database.query<{ groups: number }>('SELECT count(DISTINCT consumer_group)::int AS groups FROM effects');
    return row?.groups === groups.length;
  };
  await waitFor(isAtWork, { description: 'both groups to handle', timeoutMs: START_DEADLINE_MS, intervalMs: 100 });
}

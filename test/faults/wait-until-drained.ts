import { waitFor } from '@throughline/testing';
import { type CheckOptions, topicsOfGroup } from './check-ledger.ts';
import type { LedgerGroup } from './ledger-service.ts';

/** Waits until nothing is on its way any more: all is sent, read, handled, or waits for a decision. @throws {Error} saying what is left */
export async function waitUntilDrained(options: CheckOptions, timeoutMs: number): Promise<void> {
  let left: readonly string[] = [];
  const look = async () => {
    left = await findUnfinished(options);
    return left.length === 0;
  };
  await waitFor(look, { description: 'everything to be handled', timeoutMs, intervalMs: 250 }).catch((error: Error) => {
    throw new Error(`${error.message}; left: ${left.join('; ')}`, { cause: error.cause });
  });
}

async function findUnfinished(options: CheckOptions): Promise<string[]> {
  const { database } = options;
  const [unsent] = await database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM outbox WHERE status IN (0, 2)');
  const left = unsent?.rows ? [`${unsent.rows} outbox rows`] : [];
  for (const group of options.groups) left.push(...(await findUnfinishedOf(group, options)));
  return left;
}

async function findUnfinishedOf(group: LedgerGroup, { database, driver, topic }: CheckOptions): Promise<string[]> {
  const offsets = await driver.groups.offsets(group.group, await topicsOfGroup(driver, group, topic));
  const lag = offsets.reduce((sum, { committed, low, high }) => sum + (high - (committed ?? low)), 0n);
  const [waiting] = await database.query<{ parked: number; replayed: number }>(
    `SELECT (SELECT count(*)::int FROM parked_keys WHERE consumer_group = $1 AND next_attempt_at IS NOT NULL) AS parked,
       (SELECT count(*)::int FROM dead_letters WHERE consumer_group = $1 AND status = 'replayed') AS replayed`,
    [group.group],
  );
  return [
    ...(lag > 0n ? [`${lag} records of ${group.group}`] : []),
    ...(waiting?.parked ? [`${waiting.parked} keys that ${group.group} has parked`] : []),
    ...(waiting?.replayed ? [`${waiting.replayed} replayed dead letters of ${group.group}`] : []),
  ];
}

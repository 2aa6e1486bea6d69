import { randomUUID } from 'node:crypto';
import type { DeadLetterReason } from '@throughline/messaging';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, deadLetterFor, inboxEntry, type TestDatabase, waitFor } from '@throughline/testing';
import { listAudit } from '../audit/audit-log.ts';
import { createDatabase } from '../database/create-database.ts';
import type { Database } from '../database/database.ts';
import { createInbox } from '../inbox/inbox.ts';
import { createLease } from '../lease.ts';
import { migrate } from '../migrate.ts';
import { listDeadLetters } from './dead-letter-rows.ts';
import { createDecisions } from './decisions.ts';
import { createRedrive, type RedriveOptions } from './redrive.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;
let group: string;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'redrive-test', logger });
  await migrate({ database, logger });
});
afterAll(async () => {
  await database.close();
  await home.drop();
});
beforeEach(() => {
  group = `g-${randomUUID()}`;
});

interface Failed {
  readonly reason?: DeadLetterReason;
  readonly replayCount?: number;
  readonly lastFailedAtMs?: number;
}

let offset = 0;

/** Stores a dead letter. @returns its event's id */
async function fail({ reason = 'attempts', replayCount = 0, lastFailedAtMs = 1_700_000_000_000 }: Failed = {}): Promise<string> {
  offset += 1;
  const entry = inboxEntry({ group, id: randomUUID(), offset });
  await createInbox({ database }).deadLetter(deadLetterFor(entry, { reason, replayCount, lastFailedAtMs }));
  return entry.key.id;
}

const statesOf = async () =>
  Object.fromEntries((await listDeadLetters(database, { group, limit: 100 })).map(({ eventId, state }) => [eventId, state]));

const redriveOf = (options: Partial<RedriveOptions> = {}) =>
  createRedrive({
    database,
    decisions: createDecisions({ database }),
    group,
    intervalMs: 50,
    limit: 3,
    batchSize: 100,
    logger,
    ...options,
  });

async function until(options: Partial<RedriveOptions>, isOver: () => Promise<boolean>): Promise<void> {
  const redrive = redriveOf(options);
  redrive.start();
  try {
    await waitFor(isOver, { description: 'the redrive' });
  } finally {
    await redrive.stop();
  }
}

it('sends back what ran out of tries, as often as it may, and nothing that trying cannot help', async () => {
  const left = [
    await fail({ reason: 'contract' }),
    await fail({ reason: 'decoding' }),
    await fail({ reason: 'handler' }),
    await fail({ replayCount: 3 }),
    await fail({ lastFailedAtMs: Date.now() + 60_000 }),
  ];
  const replayed = [await fail(), await fail({ reason: 'timeout' }), await fail({ replayCount: 2 })];
  // Last of all, so that the others were looked at when it is gone.
  await until({ batchSize: 2 }, async () => (await statesOf())[replayed[2] ?? ''] === 'replayed');
  expect(await statesOf()).toEqual({
    ...Object.fromEntries(left.map((id) => [id, 'waiting'])),
    ...Object.fromEntries(replayed.map((id) => [id, 'replayed'])),
  });
  const audit = (await listAudit(database, { limit: 100 })).filter((row) => row.group === group);
  expect(audit.map(({ operator, action }) => `${operator} ${action}`)).toEqual(replayed.map(() => 'redrive dead-letter.replay'));
});

it('is done by one replica at a time, and goes on in another when that one is gone', async () => {
  const other = createLease({ database, name: `redrive:${group}`, leaseMs: 300 });
  await other.hold();
  const eventId = await fail();
  let heldMs = 0;
  const begunAt = performance.now();
  await until({}, async () => {
    heldMs = performance.now() - begunAt;
    return (await statesOf())[eventId] === 'replayed';
  });
  expect(heldMs).toBeGreaterThan(250);
  const [row] = await database.query(`SELECT 1 FROM backbone_leases WHERE name = $1`, [`redrive:${group}`]);
  expect(row).toBeUndefined();
});

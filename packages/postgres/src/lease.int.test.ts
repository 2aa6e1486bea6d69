import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase, waitFor } from '@throughline/testing';
import { createDatabase } from './database/create-database.ts';
import type { Database } from './database/database.ts';
import { createLease } from './lease.ts';
import { migrate } from './migrate.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'lease-test', logger });
  await migrate({ database, logger });
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

const leaseOf = (name: string, leaseMs = 60_000) => createLease({ database, name, leaseMs });

it('is held by one of all who want it, and by nobody else until that one lets it go', async () => {
  const leases = Array.from({ length: 8 }, () => leaseOf('a'));
  const held = await Promise.all(leases.map((lease) => lease.hold()));
  expect(held.filter(Boolean)).toHaveLength(1);
  expect(await leaseOf('b').hold()).toBe(true);
  const owner = leases[held.indexOf(true)];
  expect(await owner?.hold()).toBe(true);
  await leases[held.indexOf(false)]?.release();
  expect(await leaseOf('a').hold()).toBe(false);
  await owner?.release();
  expect(await leaseOf('a').hold()).toBe(true);
});

it('runs out when its owner died', async () => {
  const [dead, other] = [leaseOf('c', 200), leaseOf('c')];
  expect([await dead.hold(), await other.hold()]).toEqual([true, false]);
  await waitFor(() => other.hold(), { description: 'the lease to run out' });
  expect(await dead.hold()).toBe(false);
});

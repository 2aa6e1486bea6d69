import { createLogger, createMetrics, METRICS } from '@throughline/telemetry';
import {
  createTestDatabase,
  deadLetterFor,
  inboxEntry,
  parkedFailure,
  type TestDatabase,
  takeOne,
  waitFor,
} from '@throughline/testing';
import { createDatabase } from '../database/create-database.ts';
import type { Database } from '../database/database.ts';
import { migrate } from '../migrate.ts';
import { createParkingLot } from './parking-lot.ts';
import { createParkingWatch } from './parking-watch.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'parking-watch-test', logger });
  await migrate({ database, logger });
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

it('shows what each group has parked, and none when it is released', async () => {
  const metrics = createMetrics({ service: 'test' });
  const lot = createParkingLot({ database });
  const shown = async () => {
    const gauges = [METRICS.parkedRecords, METRICS.parkedBlockedKeys, METRICS.parkedDeadKeys].map((each) => metrics.gauge(each));
    const values = await Promise.all(gauges.map(async (gauge) => (await gauge.get()).values));
    const of = (group: string) =>
      values.map((each) => each.find(({ labels }) => labels.messaging_consumer_group_name === group)?.value);
    return { one: of('one.group'), two: of('two.group') };
  };
  const dead = inboxEntry({ group: 'one.group', key: 'dead' });
  await lot.park(dead, parkedFailure({ nextAttemptAtMs: undefined, letter: deadLetterFor(dead) }));
  for (const key of ['k', 'k', 'l']) await lot.park(inboxEntry({ group: 'one.group', key }), parkedFailure());
  await lot.park(inboxEntry({ group: 'two.group', key: 'k' }), parkedFailure());

  const watch = createParkingWatch({ database, metrics, logger, intervalMs: 20 });
  watch.start();
  try {
    const wait = (expected: Awaited<ReturnType<typeof shown>>) =>
      waitFor(async () => JSON.stringify(await shown()) === JSON.stringify(expected), {
        description: `the gauges to show ${JSON.stringify(expected)}`,
      });
    await wait({ one: [4, 3, 1], two: [1, 1, 0] });
    await lot.release(await takeOne(lot, 'two.group'), async () => {});
    await wait({ one: [4, 3, 1], two: [0, 0, 0] });
  } finally {
    await watch.stop();
  }
});

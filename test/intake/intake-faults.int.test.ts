import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { stackAddresses, testPrefix } from '@throughline/testing';
import { type IntakeServices, startIntakeServices } from '../../scripts/intake-stage/start-intake-services.ts';
import { runIntakeFaults } from './run-intake-faults.ts';

const RATE = 80;

describe('the intake under faults', () => {
  const name = testPrefix('intake');
  const databasePrefix = `${name.replaceAll('-', '_')}_`;
  const { kafkaBrokers, databaseUrl, redisUrl } = stackAddresses();
  let dataDir: string;
  let services: IntakeServices;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'throughline-intake-'));
    services = await startIntakeServices({
      dataDir,
      addresses: { kafkaBrokers: kafkaBrokers.join(','), databaseUrl, redisUrl },
      progress: () => undefined,
      databasePrefix,
      group: `${name}.worker`,
      env: {
        ORDERS_TOPIC: `${name}.orders.v1`,
        CONSUMER_GROUP: `${name}.worker`,
        WORKER_GROUP: `${name}.worker`,
        HANDLER_TIMEOUT_MS: '1500',
        VISIBILITY_TIMEOUT_MS: '3000',
      },
    });
  }, 60_000);

  afterAll(async () => {
    await services?.stop();
    const admin = createDatabase({
      connectionString: databaseUrl,
      applicationName: 'intake-faults',
      logger: createLogger({ name: 'intake-faults', level: 'fatal' }),
    });
    for (const database of ['storage_auth', 'intake_worker'].map((suffix) => databasePrefix + suffix)) {
      await admin.execute(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await admin.execute(`DROP ROLE IF EXISTS ${database}`);
    }
    await admin.close();
  }, 60_000);

  it('accepts while the worker is stopped, works its backlog off faster than it grew, and loses nothing when a worker is killed', async () => {
    const lines: string[] = [];
    const { violations, load } = await runIntakeFaults({
      services,
      rate: RATE,
      calmMs: 500,
      stopWorkerMs: 4_000,
      drainDeadlineMs: 60_000,
      report: (line) => lines.push(line),
    });
    // The logs stay where they are when this fails.
    expect({ violations, dataDir, lines }).toEqual({ violations: [], dataDir, lines });
    expect(load.orders).toMatchObject({ processed: load.orders.accepted, lost: [], doubled: [], uninvited: [] });
    expect(load.orders.accepted).toBeGreaterThan(4 * RATE);
    expect(load.orders.duplicates).toBeGreaterThan(0);
    await rm(dataDir, { recursive: true });
  }, 120_000);
});

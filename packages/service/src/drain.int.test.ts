import { createDatabase, type Database } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, stackAddresses, type TestDatabase, testPrefix, waitFor } from '@throughline/testing';
import { type ServiceProcess, startServiceProcess } from '../test/service-process.fixture.ts';

const { kafkaBrokers, redisUrl } = stackAddresses();
const topic = testPrefix('drain');
let testDatabase: TestDatabase;
let database: Database;
let service: ServiceProcess | undefined;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = createDatabase({
    connectionString: testDatabase.url,
    applicationName: 'test',
    logger: createLogger({ name: 'test', level: 'fatal' }),
  });
});

afterAll(async () => {
  service?.process.kill('SIGKILL');
  await service?.exited;
  await database.close();
  await testDatabase.drop();
});

async function start(): Promise<ServiceProcess> {
  service = await startServiceProcess('tiny-service.fixture.ts', {
    DATABASE_URL: testDatabase.url,
    REDIS_URL: redisUrl,
    KAFKA_BROKERS: kafkaBrokers.join(','),
    TOPIC: topic,
  });
  await service.ready();
  return service;
}

/** Posts without a pause until the service is gone; gives back the ids that it said yes to. */
async function postUntilGone(url: string, accepted: string[]): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/things`, { method: 'POST' }).catch(() => undefined);
    if (response === undefined) return;
    if (response.status === 201) accepted.push(((await response.json()) as { id: string }).id);
  }
}

async function handledOf(accepted: readonly string[]): Promise<{ ids: number; rows: number }> {
  const [row] = await database.query<{ ids: string; rows: string }>(
    'SELECT count(DISTINCT id) AS ids, count(*) AS rows FROM handled WHERE id = ANY($1)',
    [accepted],
  );
  return { ids: Number(row?.ids), rows: Number(row?.rows) };
}

describe('a service that is told to stop under load', () => {
  it('exits with 0 in time, and after a restart every accepted request has had its effect once', async () => {
    const first = await start();
    const accepted: string[] = [];
    const load = Promise.all(Array.from({ length: 8 }, () => postUntilGone(first.httpUrl, accepted)));
    await waitFor(() => accepted.length >= 300, { description: '300 accepted requests' });
    const stoppedAtMs = performance.now();
    first.process.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(performance.now() - stoppedAtMs).toBeLessThan(20_000);
    await load;
    expect(first.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);

    const second = await start();
    await waitFor(async () => (await handledOf(accepted)).ids === accepted.length, {
      description: 'all effects',
      timeoutMs: 20_000,
    });
    expect(await handledOf(accepted)).toEqual({ ids: accepted.length, rows: accepted.length });
    second.process.kill('SIGTERM');
    expect(await second.exited).toBe(0);
  }, 90_000);
});

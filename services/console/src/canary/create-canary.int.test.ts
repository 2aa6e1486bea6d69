import { fileURLToPath } from 'node:url';
import { loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';
import { createEventPublisher } from '@throughline/messaging';
import { createOutbox } from '@throughline/postgres';
import { createMetrics } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import { type ConsoleDatabase, openConsoleDatabase, quiet } from '../../test/console-database.ts';
import { CANARY_TOPIC, type Canary, createCanary } from './create-canary.ts';

let index: ConsoleDatabase;
let canary: Canary;
let metrics: ReturnType<typeof createMetrics>;

beforeEach(async () => {
  index = await openConsoleDatabase();
});

afterEach(async () => {
  await canary?.stop();
  await index?.close();
});

async function start(deadlineMs: number): Promise<void> {
  const contracts = await loadContracts(fileURLToPath(new URL('../../../../contracts/throughline/', import.meta.url)));
  const { database } = index;
  const destination = () => ({ topic: CANARY_TOPIC, aggregateType: 'canary' });
  const outbox = createOutbox({ wake: () => undefined });
  metrics = createMetrics({ service: 'canary-test' });
  const publisher = createEventPublisher({ source: 'CONSOLE', codec: s3Codec, contracts, outbox, destination });
  canary = createCanary({ database, publisher, logger: quiet, metrics, intervalMs: 20, deadlineMs });
  canary.start();
}

/** Stands for relay, Kafka and consumer: takes what is in the outbox and hands it over. */
async function handleAll(): Promise<number> {
  return index.database.transaction(async (tx) => {
    const rows = await tx.query<{ payload: Buffer }>('DELETE FROM outbox RETURNING payload');
    for (const { payload } of rows) {
      const event = s3Codec.decode(payload);
      const cause = { correlationId: event.id, causationId: event.id };
      await canary.handler(event, { tx, attempt: 1, signal: AbortSignal.timeout(1_000), idempotencyKey: '', cause });
    }
    return rows.length;
  });
}

const sampleOf = async (name: string, suffix = '') => {
  const line = (await metrics.registry.metrics()).split('\n').find((each) => each.startsWith(name + suffix));
  return Number(line?.split(' ').at(-1) ?? Number.NaN);
};

describe('the canary', () => {
  it('measures the way of events that arrive', async () => {
    await start(60_000);
    await waitFor(handleAll, { description: 'a canary event in the outbox' });
    const minuteAgo = Date.now() / 1000 - 60;
    const isRecent = async () => (await sampleOf('canary_last_success_timestamp_seconds')) > minuteAgo;
    await waitFor(isRecent, { description: 'the time of a success' });
    expect(await sampleOf('canary_round_trip_seconds_count')).toBeGreaterThan(0);
    expect(await sampleOf('canary_lost_total')).toBe(0);
    expect(() => canary.check()).not.toThrow();
  });

  it('says that events are lost, and is well again when one arrives', async () => {
    await start(1);
    await waitFor(
      () => {
        try {
          canary.check();
          return false;
        } catch {
          return true;
        }
      },
      { description: 'a failing check' },
    );
    expect(() => canary.check()).toThrow(/canary events were not handled within 1 ms/);
    expect(await sampleOf('canary_lost_total', '{reason="not-handled"')).toBeGreaterThanOrEqual(3);
    const isWell = async () => {
      await handleAll();
      canary.check();
      return true;
    };
    await waitFor(isWell, { description: 'a check that passes' });
  });
});

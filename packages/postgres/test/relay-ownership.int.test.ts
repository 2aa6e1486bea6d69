import { createLogger, createMetrics } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import type { Database } from '../src/database/database.ts';
import { discardFailed } from '../src/outbox/failed-rows.ts';
import { shardOf } from '../src/outbox/shard.ts';
import { createRelay } from '../src/relay/relay.ts';
import { createRelayTestBed, message, type RelayTestBed } from './relay-test-bed.ts';

let bed: RelayTestBed;

beforeAll(async () => {
  bed = await createRelayTestBed();
});
afterAll(() => bed.close());
beforeEach(() => bed.reset());
afterEach(() => bed.stopRelays());

it('balances its shards between relays, takes over those of a dead one, and gives back at stop', async () => {
  const owned = () => bed.relays.map((relay) => relay.stats().shardsOwned);
  await bed.startRelay({ leaseMs: 900 });
  expect(owned()).toEqual([64]);
  await bed.startRelay({ leaseMs: 900 });
  await bed.startRelay({ leaseMs: 900 });
  // Dead, as far as the others can see: it neither renews nor sends once its database is gone.
  const mortal = bed.openDatabase();
  await bed.startRelay({ leaseMs: 900, database: mortal });
  await waitFor(() => owned().every((shards) => shards === 16), { description: 'sixteen each' });
  await mortal.close();
  await waitFor(
    () =>
      owned()
        .slice(0, 3)
        .reduce((sum, shards) => sum + shards, 0) === 64,
    { description: 'the shards of the dead one' },
  );
  expect(owned()[3]).toBe(0);
  await bed.insert(...Array.from({ length: 200 }, (_, index) => message(`key-${index}`)));
  await bed.untilSent(200);
  await bed.relays[0]?.stop();
  await waitFor(() => owned()[1] === 32 && owned()[2] === 32, { description: 'half each' });
});

/** A database that can be stopped between two statements, as a process is by SIGSTOP. */
function createGate(): { readonly database: Database; close(): void; open(): void; readonly marks: number } {
  let opened = Promise.withResolvers<void>();
  opened.resolve();
  let marks = 0;
  const gated: Database = {
    ...bed.database,
    query: async <Row>(...statement: Parameters<Database['query']>) => {
      await opened.promise;
      return bed.database.query<Row>(...statement);
    },
    execute: async (...statement) => {
      await opened.promise;
      const changed = await bed.database.execute(...statement);
      if (statement[0].startsWith('UPDATE outbox AS o SET status = 1')) marks += 1;
      return changed;
    },
  };
  return {
    database: gated,
    close: () => {
      opened = Promise.withResolvers<void>();
    },
    open: () => opened.resolve(),
    get marks() {
      return marks;
    },
  };
}

it('fences an owner that lost its lease in the middle of a send: first deliveries in order, nothing lost', async () => {
  const holds = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  bed.broker.fault = () => holds[bed.broker.sends - 1]?.promise;
  const first = await bed.insert(message('a'), message('a'));
  const gate = createGate();
  const paused = await bed.startRelay({ leaseMs: 900, database: gate.database, producers: 1 });
  await waitFor(() => bed.broker.sends === 1, { description: 'the send that hangs' });
  gate.close();
  const successor = await bed.startRelay({ leaseMs: 900, producers: 1 });
  await waitFor(() => bed.broker.sends === 2, { description: 'the successor to take over the shard' });

  holds[0]?.resolve();
  gate.open();
  await waitFor(() => gate.marks === 1, { description: 'the former owner to mark what it sent' });
  expect(await bed.countByStatus(1)).toBe(0);

  holds[1]?.resolve();
  const second = await bed.insert(message('a'), message('a'));
  successor.wake();
  await bed.untilSent(4);
  await paused.stop();
  expect(bed.broker.firstOccurrences('a')).toEqual([...first, ...second]);
});

it('does not send with a lease that is nearly over', async () => {
  let nowMs = 0;
  let looks = 0;
  const now = () => {
    looks += 1;
    return nowMs;
  };
  const untilLookedAt = () => {
    const before = looks;
    return waitFor(() => looks > before + 10, { description: 'looks at the lease' });
  };
  await bed.startRelay({ now, leaseMs: 60_000, sendTimeoutMs: 10_000, producers: 1 });
  await bed.insert(message('a'));
  await bed.untilSent(1);
  nowMs = 56_000;
  // A step that began before may still send, within what is left of the lease.
  await untilLookedAt();
  await bed.insert(message('a'));
  const { sends } = bed.broker;
  await untilLookedAt();
  expect(bed.broker.sends).toBe(sends);
  expect(await bed.countByStatus(0)).toBe(1);
});

it('refuses a send timeout that does not fit into the lease', async () => {
  const start = bed.startRelay({ leaseMs: 3_000, sendTimeoutMs: 2_500 });
  await expect(start).rejects.toThrow(/sendTimeoutMs.*2500.*leaseMs.*3000/);
});

it('finishes the send in hand at stop, marks it and gives its shards back', async () => {
  const answer = Promise.withResolvers<void>();
  bed.broker.fault = () => answer.promise;
  await bed.insert(message('a'));
  const relay = await bed.startRelay();
  await waitFor(() => bed.broker.sends === 1, { description: 'the send' });
  const stopped = relay.stop();
  answer.resolve();
  await stopped;
  expect(await bed.countByStatus(1)).toBe(1);
  expect(await bed.database.query('SELECT 1 FROM outbox_shard_leases WHERE owner IS NOT NULL')).toEqual([]);
  expect(await bed.database.query('SELECT 1 FROM outbox_relays')).toEqual([]);
});

it('waits with a decision until no send of the former owner can arrive', async () => {
  const bad = message('a');
  bed.refuse(bad.id);
  await bed.startRelay({ maxAttempts: 1 });
  await bed.insert(bad, message('a'));
  await waitFor(async () => (await bed.countByStatus(3)) === 1, { description: 'the failed row' });
  await bed.database.execute(`UPDATE outbox_shard_leases SET settled_at = now() + interval '1 hour' WHERE shard = $1`, [
    shardOf('thing', 'a'),
  ]);
  await discardFailed(bed.database, bad.id, { operator: 'test', reason: 'test' });
  await bed.insert(message('b'));
  await bed.untilSent(1);
  expect(bed.broker.firstOccurrences('a')).toEqual([]);
  await bed.database.execute('UPDATE outbox_shard_leases SET settled_at = now()');
  await bed.untilSent(2);
});

it('starts when a broker answers at last, and can be stopped before', async () => {
  let attempts = 0;
  const closed: string[] = [];
  const driver = bed.broker.driver();
  const late: typeof driver = {
    createProducer: async ({ name }) => {
      attempts += 1;
      if (attempts === 2 || name.startsWith('never')) throw new Error('no broker');
      const producer = await driver.createProducer({ name });
      return { ...producer, close: async () => void closed.push(name) };
    },
  };
  await bed.insert(message('a'));
  await bed.startRelay({ driver: late });
  await bed.untilSent(1);
  expect(closed).toEqual(['test.relay.0']);

  const never = createRelay({ ...relayDependencies(), driver: late, name: 'never' });
  const started = never.start();
  await never.stop();
  await started;
  expect(never.stats().isRunning).toBe(false);
});

function relayDependencies() {
  return {
    database: bed.database,
    logger: createLogger({ name: 'test', level: 'fatal' }),
    metrics: createMetrics({ service: 'test' }),
  };
}

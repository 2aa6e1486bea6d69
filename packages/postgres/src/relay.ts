import { randomUUID } from 'node:crypto';
import type { RecordProducer } from '@throughline/messaging';
import { createAlarm } from './alarm.ts';
import { createRelayInstruments } from './relay-instruments.ts';
import { RelayLane } from './relay-lane.ts';
import { type RelayOptions, type RelaySettings, relaySettings } from './relay-options.ts';
import { createShardLeases } from './shard-leases.ts';

export interface Relay {
  /** Resolves when it runs. While no broker answers it tries again, until `stop`; never rejects. */
  start(): Promise<void>;
  /** There is something new: look at once. Cheap, never throws; also before `start` and after `stop`. */
  wake(): void;
  /** Finishes the sends in hand, marks them, gives its shards to others, closes its producers. */
  stop(): Promise<void>;
  stats(): RelayStats;
}

export interface RelayStats {
  readonly shardsOwned: number;
  readonly isRunning: boolean;
}

const BACKLOG_INTERVAL_MS = 15_000;
const FIRST_RESTART_DELAY_MS = 250;
const MAX_RESTART_DELAY_MS = 10_000;

/**
 * Carries the outbox to the broker: at least once, first deliveries of a key in the order of its rows.
 * @throws {EventError} `CONFIGURATION_REFUSED` when a send does not fit into a lease.
 *
 * Any number of relays may run on one database; each owns a part of the 64 shards by leases, and takes over those of one that died.
 */
export function createRelay(options: RelayOptions): Relay {
  const settings = relaySettings(options);
  const { database, name, logger, now } = settings;
  const owner = `${name}/${randomUUID()}`;
  const instruments = createRelayInstruments(settings.metrics);
  const leases = createShardLeases({ database, owner, leaseMs: settings.leaseMs, lanes: settings.producers, now });
  const ticker = createAlarm();
  let lanes: readonly RelayLane[] = [];
  let isRunning = false;
  let work: Promise<unknown> = Promise.resolve();
  let producers: readonly RecordProducer[] = [];
  let starting = Promise.resolve();
  let backlogDueAtMs = 0;

  const observe = async (): Promise<void> => {
    instruments.shardsOwned.set(leases.count());
    if (now() < backlogDueAtMs) return;
    const startedAtMs = now();
    await instruments.observeBacklog(database);
    // Counting a backlog of millions takes its time; at most a twentieth of it.
    backlogDueAtMs = now() + Math.max(BACKLOG_INTERVAL_MS, 20 * (now() - startedAtMs));
  };
  const tick = async (): Promise<void> => {
    try {
      await leases.tick();
      wake();
      await observe();
    } catch (error) {
      logger.warn({ err: error }, `Relay ${name} could not renew its shards; without that it stops sending.`);
    }
  };
  const keepLeases = async (): Promise<void> => {
    while (isRunning) {
      await ticker.pause(settings.leaseMs / 3);
      if (isRunning) await tick();
    }
  };
  const wake = (): void => {
    for (const lane of lanes) lane.wake();
  };
  /** Undefined when it is stopped before a broker answered. */
  const makeProducers = async (): Promise<readonly RecordProducer[] | undefined> => {
    for (let failures = 0; isRunning; failures += 1) {
      try {
        return await createProducers(settings);
      } catch (error) {
        logger.warn({ err: error }, `Relay ${name} could not make its producers; it tries again.`);
        await ticker.pause(Math.min(FIRST_RESTART_DELAY_MS * 2 ** Math.min(failures, 10), MAX_RESTART_DELAY_MS));
      }
    }
    return undefined;
  };
  const begin = async (): Promise<void> => {
    producers = (await makeProducers()) ?? [];
    if (!isRunning || producers.length === 0) return;
    lanes = producers.map((producer, index) => new RelayLane({ index, owner, settings, leases, producer, instruments }));
    await tick();
    work = Promise.all([keepLeases(), ...lanes.map((lane) => lane.run())]);
  };
  const end = async (): Promise<void> => {
    for (const lane of lanes) lane.stop();
    await work;
    const isSettled = lanes.every((lane) => lane.isSettled);
    await leases.leave({ isSettled }).catch((error: unknown) => {
      logger.warn({ err: error }, `Relay ${name} could not give its shards back; others take them when the leases are over.`);
    });
    await closeAll(producers);
  };
  return {
    start: () => {
      isRunning = true;
      starting = begin();
      return starting;
    },
    wake,
    stop: async () => {
      if (!isRunning) return;
      isRunning = false;
      ticker.ring();
      await starting;
      await end();
    },
    stats: () => ({ shardsOwned: leases.count(), isRunning }),
  };
}

async function createProducers({ driver, name, producers }: RelaySettings): Promise<readonly RecordProducer[]> {
  const names = Array.from({ length: producers }, (_, index) => `${name}.relay.${index}`);
  const outcomes = await Promise.allSettled(names.map((producerName) => driver.createProducer({ name: producerName })));
  const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure === undefined) return made;
  await closeAll(made);
  throw failure.reason;
}

async function closeAll(producers: readonly RecordProducer[]): Promise<void> {
  await Promise.allSettled(producers.map((producer) => producer.close()));
}

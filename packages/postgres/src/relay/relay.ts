import { randomUUID } from 'node:crypto';
import type { RecordProducer } from '@throughline/messaging';
import { SHARDS } from '../outbox/shard.ts';
import { createAlarm } from './alarm.ts';
import { type BacklogWatch, createBacklogWatch } from './backlog-watch.ts';
import { createRelayInstruments, type RelayInstruments } from './relay-instruments.ts';
import { RelayLane } from './relay-lane.ts';
import { type RelayOptions, type RelaySettings, relaySettings } from './relay-options.ts';
import { createShardLeases, type ShardLeases } from './shard-leases.ts';

export interface Relay {
  /** Resolves when it runs. While no broker answers it tries again, until `stop`; never rejects. */
  start(): Promise<void>;
  /** There is something new in these shards (default: in any): look at once. Cheap, never throws; also before `start` and after `stop`. */
  wake(shards?: readonly number[]): void;
  /** Finishes the sends in hand, marks them, gives its shards to others, closes its producers. */
  stop(): Promise<void>;
  stats(): RelayStats;
}

export interface RelayStats {
  readonly shardsOwned: number;
  /** Nobody else has to be told of what is new. */
  readonly ownsAllShards: boolean;
  readonly isRunning: boolean;
}

const FIRST_RESTART_DELAY_MS = 250;
const MAX_RESTART_DELAY_MS = 10_000;

/**
 * Carries the outbox to the broker: at least once, first deliveries of a key in the order of its rows.
 * @throws {EventError} `CONFIGURATION_REFUSED` when a send does not fit into a lease.
 *
 * Any number of relays may run on one database; each owns a part of the 64 shards by leases, and takes over those of one that died.
 */
export function createRelay(options: RelayOptions): Relay {
  return new LeasedRelay(relaySettings(options));
}

class LeasedRelay implements Relay {
  readonly #settings: RelaySettings;
  readonly #owner: string;
  readonly #instruments: RelayInstruments;
  readonly #leases: ShardLeases;
  readonly #backlog: BacklogWatch;
  readonly #ticker = createAlarm();
  #lanes: readonly RelayLane[] = [];
  #producers: readonly RecordProducer[] = [];
  #isRunning = false;
  #starting = Promise.resolve();
  #work: Promise<unknown> = Promise.resolve();

  constructor(settings: RelaySettings) {
    const { database, leaseMs, producers: lanes, now } = settings;
    this.#settings = settings;
    this.#owner = `${settings.name}/${randomUUID()}`;
    this.#instruments = createRelayInstruments(settings.metrics);
    this.#leases = createShardLeases({ database, owner: this.#owner, leaseMs, lanes, now });
    this.#backlog = createBacklogWatch(settings, this.#instruments);
  }

  start(): Promise<void> {
    this.#isRunning = true;
    this.#starting = this.#begin();
    return this.#starting;
  }

  wake(shards?: readonly number[]): void {
    const { producers } = this.#settings;
    this.#lanes.forEach((lane, index) => {
      if (shards === undefined || shards.some((shard) => shard % producers === index)) lane.wake();
    });
  }

  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#ticker.ring();
    await this.#starting;
    for (const lane of this.#lanes) lane.stop();
    await this.#work;
    const isSettled = this.#lanes.every((lane) => lane.isSettled);
    await this.#leases.leave({ isSettled }).catch((error: unknown) => {
      this.#warn(error, 'could not give its shards back; others take them when the leases are over.');
    });
    await closeAll(this.#producers);
    await this.#backlog.settled();
  }

  stats(): RelayStats {
    const shardsOwned = this.#leases.count();
    return { shardsOwned, ownsAllShards: shardsOwned === SHARDS, isRunning: this.#isRunning };
  }

  async #begin(): Promise<void> {
    this.#producers = await this.#makeProducers();
    if (!this.#isRunning || this.#producers.length === 0) return;
    const shared = { owner: this.#owner, settings: this.#settings, leases: this.#leases, instruments: this.#instruments };
    this.#lanes = this.#producers.map((producer, index) => new RelayLane({ ...shared, index, producer }));
    await this.#tick();
    this.#work = Promise.all([this.#keepLeases(), ...this.#lanes.map((lane) => lane.run())]);
  }

  /** None when it is stopped before a broker answered. */
  async #makeProducers(): Promise<readonly RecordProducer[]> {
    for (let failures = 0; this.#isRunning; failures += 1) {
      try {
        return await createProducers(this.#settings);
      } catch (error) {
        this.#warn(error, 'could not make its producers; it tries again.');
        await this.#ticker.pause(Math.min(FIRST_RESTART_DELAY_MS * 2 ** Math.min(failures, 10), MAX_RESTART_DELAY_MS));
      }
    }
    return [];
  }

  async #keepLeases(): Promise<void> {
    while (this.#isRunning) {
      await this.#ticker.pause(this.#settings.leaseMs / 3);
      if (this.#isRunning) await this.#tick();
    }
  }

  async #tick(): Promise<void> {
    try {
      await this.#leases.tick();
      this.wake();
    } catch (error) {
      this.#warn(error, 'could not renew its shards; without that it stops sending.');
    }
    this.#instruments.shardsOwned.set(this.#leases.count());
    this.#backlog.lookWhenDue();
  }

  #warn(error: unknown, predicate: string): void {
    this.#settings.logger.warn({ err: error }, `Relay ${this.#settings.name} ${predicate}`);
  }
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

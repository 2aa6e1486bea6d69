import type { Database } from '../database/database.ts';
import { appendEvents, versionOf } from './append-events.ts';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { ensureEpoch } from './ensure-epoch.ts';
import type { EventStore, StreamEvent, StreamName } from './event-store.ts';
import { readEverything, readStream } from './read-events.ts';
import { createUpcasting, type Upcaster } from './upcasters.ts';
import { VersionConflict } from './version-conflict.ts';

export interface EventStoreOptions {
  readonly database: Database;
  /** Applied to what is read, one after the other until none fits. (Default: none) */
  readonly upcasters?: readonly Upcaster[];
  /** Events that `getEvents` reads at once. (Default: 500) */
  readonly pageSize?: number;
}

/**
 * An event store in the service's own database. Ask for it at start: after a restore from a dump it begins a new epoch, so services are restarted then.
 * @throws {EventError} `CONFIGURATION_REFUSED` when two upcasters begin at the same version of a type
 *
 * @example
 * const store = createEventStore({ database });
 * let order = newOrder();
 * for await (const event of store.getEvents('order', orderId)) order = apply(order, event);
 * await database.transaction(async (tx) => {
 *   await store.append({ aggregateType: 'order', aggregateId: orderId }, [{ id, type: 'ORDER_PAID', data }], { expectedVersion: order.version, tx });
 *   await publisher.publish(tx, { id, type: 'ORDER_PAID', key: orderId, data }); // reaches Kafka when, and only when, it is in the stream
 * });
 */
export function createEventStore({ database, upcasters = [], pageSize = 500 }: EventStoreOptions): EventStore {
  const { upcast, storedTypes } = createUpcasting(upcasters);
  let begun: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    begun ??= ensureEpoch(database).catch((error: unknown) => {
      begun = undefined;
      throw error;
    });
    return begun;
  };
  return {
    append: async (stream, events, { expectedVersion, tx }) => {
      await begin();
      if (events.length === 0) return requireVersion(tx ?? database, stream, expectedVersion);
      return appendEvents(tx ?? database, { stream, events, expectedVersion });
    },
    getEvents: async function* (aggregateType, aggregateId, { fromVersion = 1, limit = Number.POSITIVE_INFINITY } = {}) {
      let next = fromVersion;
      for (let left = limit; left > 0; ) {
        const wanted = Math.min(pageSize, left);
        const page = await readStream(database, { aggregateType, aggregateId, fromVersion: next, limit: wanted });
        yield* page.map(upcast);
        if (page.length < wanted) return;
        left -= page.length;
        next += page.length;
      }
    },
    readAll: async (after, { types, limit = 500 } = {}) => {
      await begin();
      const stored = types && storedTypes(types);
      const { events, place } = await readEverything(database, { after: parseCheckpoint(after), types: stored, limit });
      const isWanted = ({ type }: StreamEvent) => types === undefined || types.includes(type);
      return { events: events.map(upcast).filter(isWanted), checkpoint: formatCheckpoint(place) };
    },
  };
}

async function requireVersion(
  db: Pick<Database, 'query' | 'execute'>,
  stream: StreamName,
  expected: number | 'none' | 'any',
): Promise<number> {
  const actual = await versionOf(db, stream);
  if (expected !== 'any' && actual !== (expected === 'none' ? 0 : expected))
    throw new VersionConflict(stream, { expected, actual });
  return actual;
}

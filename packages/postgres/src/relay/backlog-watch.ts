import type { RelayInstruments } from './relay-instruments.ts';
import type { RelaySettings } from './relay-options.ts';

export interface BacklogWatch {
  /** Counts the backlog when it is time to; never throws, nobody waits. */
  lookWhenDue(): void;
  /** Resolves when no count is under way. */
  settled(): Promise<void>;
}

const INTERVAL_MS = 15_000;

/** Counts the backlog beside everything else: a count of millions may take longer than a lease, and the renewal of leases must not wait for it. */
export function createBacklogWatch(settings: RelaySettings, instruments: RelayInstruments): BacklogWatch {
  const { database, logger, name, now } = settings;
  let dueAtMs = 0;
  let counting: Promise<void> | undefined;
  const count = async (): Promise<void> => {
    const startedAtMs = now();
    try {
      await instruments.observeBacklog(database);
    } catch (error) {
      logger.warn({ err: error }, `Relay ${name} could not count its backlog; its figures stay as they were.`);
    } finally {
      // At most a twentieth of the time goes into counting.
      dueAtMs = now() + Math.max(INTERVAL_MS, 20 * (now() - startedAtMs));
      counting = undefined;
    }
  };
  return {
    lookWhenDue: () => {
      if (counting === undefined && now() >= dueAtMs) counting = count();
    },
    settled: () => counting ?? Promise.resolve(),
  };
}

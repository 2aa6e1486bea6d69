import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@throughline/telemetry';
import { addEntries, type Behaviour, ENTRY_TYPES, type NewEntry } from '../ledger.ts';
import type { LedgerService } from '../ledger-service.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import type { LoadOptions } from './worker-task.ts';

const TICK_MS = 50;
/** After an outage the load does not catch up: that would only measure how fast the machine is. */
const MAX_EVENTS_AT_ONCE = 50;

/** Publishes at the given rate until it is stopped. A transaction that fails is not repeated: what it did is known to the database alone. */
export async function publishLoad(
  { database, publisher }: LedgerService,
  options: LoadOptions,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<void> {
  const random = createSeededRandom(options.seed);
  let owedAtMs = performance.now();
  while (!signal.aborted) {
    await delay(TICK_MS);
    const now = performance.now();
    const owed = Math.min(MAX_EVENTS_AT_ONCE, Math.floor(((now - owedAtMs) * options.eventsPerSecond) / 1_000));
    if (owed === 0) continue;
    owedAtMs = now;
    const entries = Array.from({ length: owed }, () => randomEntry(random, options));
    await database
      .transaction((tx) => addEntries(tx, publisher, entries))
      .catch((error: unknown) => logger.warn({ err: error }, 'Entries could not be published'));
  }
}

function randomEntry(random: SeededRandom, { accounts, transient, poison }: LoadOptions): NewEntry {
  const account = `account-${random.between(1, accounts)}`;
  const behaviour: Behaviour = random.isLikely(poison) ? 'poison' : random.isLikely(transient) ? 'transient' : 'good';
  return { type: random.pick(ENTRY_TYPES), account, behaviour };
}

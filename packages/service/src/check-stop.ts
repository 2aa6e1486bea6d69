import { EventError } from '@throughline/events';
import type { Releasers } from './releasers.ts';

export interface StopSettings {
  readonly drainDeadlineMs: number;
  readonly terminationGraceMs?: number | undefined;
}

/** For the connections, which close in a moment, and the last spans. */
const RESERVE_MS = 3_000;

/**
 * Refuses a service whose parts may take longer to stop than all together have, or that would be killed before.
 * @throws {EventError} `CONFIGURATION_REFUSED` naming both settings
 */
export function checkStop(releasers: Pick<Releasers, 'longest'>, settings: StopSettings): void {
  const { drainDeadlineMs, terminationGraceMs } = settings;
  const { totalMs, parts } = releasers.longest();
  const faults = [
    totalMs > 0 &&
      totalMs + RESERVE_MS > drainDeadlineMs &&
      `drainDeadlineMs (${drainDeadlineMs}) must be at least ${totalMs + RESERVE_MS}: stopping may take that long (atMostMs of ${parts.join(', ')}; ${RESERVE_MS} for the rest)`,
    terminationGraceMs !== undefined &&
      terminationGraceMs <= drainDeadlineMs &&
      `terminationGraceMs (${terminationGraceMs}) must be above drainDeadlineMs (${drainDeadlineMs}): the platform would kill what still stops`,
  ].filter((fault) => fault !== false);
  if (faults.length > 0) throw new EventError('CONFIGURATION_REFUSED', faults.join('; '));
}

import { EventError } from '@throughline/events';
import { type Clock, systemClock, waitFor } from '../clock.ts';
import type { GroupAdmin } from '../messaging-driver.ts';

export interface UntilEmptyOptions {
  readonly groups: Pick<GroupAdmin, 'memberCount'>;
  readonly group: string;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** How long members may take to leave, milliseconds; one that died is in the group until its session is over. (Default: 60 000) */
  readonly emptyDeadlineMs?: number;
}

const POLL_MS = 250;

/** Resolves when the group has no members. @throws {EventError} `CONFIGURATION_REFUSED` when some stay; the signal's reason when it aborts */
export async function untilEmpty(options: UntilEmptyOptions): Promise<void> {
  const { groups, group, signal, clock = systemClock, emptyDeadlineMs = 60_000 } = options;
  const deadlineMs = clock.nowMs() + emptyDeadlineMs;
  for (;;) {
    signal.throwIfAborted();
    const members = await groups.memberCount(group);
    if (members === 0) return;
    if (clock.nowMs() > deadlineMs) {
      throw new EventError(
        'CONFIGURATION_REFUSED',
        `${members} member(s) of ${group} did not leave within ${emptyDeadlineMs} ms; its offsets were not touched.`,
      );
    }
    await waitFor(clock, POLL_MS, signal);
  }
}

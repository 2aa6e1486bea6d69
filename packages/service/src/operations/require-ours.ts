import { EventError } from '@throughline/events';
import type { ClaimedJob } from '@throughline/postgres';

/** @throws {EventError} `LEASE_LOST` when another replica has the job */
export async function requireOurs({ jobId }: ClaimedJob, isOurs: Promise<boolean>): Promise<void> {
  if (!(await isOurs)) throw new EventError('LEASE_LOST', `Another replica has the job ${jobId}.`, { retryable: true });
}

import { EventError } from '@throughline/events';
import { rewindGroup } from '@throughline/messaging';
import { beginRewinding, type RunJob } from '@throughline/postgres';
import type { OperationsContext } from './operations-context.ts';
import { presentTopics } from './present-topics.ts';
import { requireOurs } from './require-ours.ts';

/**
 * Every member leaves ▸ the offsets go back ▸ every member comes back. The group's wish and the job's place are changed together, and whatever ends the job lets the group go on, so a
 * crash anywhere leaves a job that another replica goes on with, and never a group that stands still without one.
 */
export function createRewindJob(
  context: Pick<OperationsContext, 'database' | 'jobs' | 'driver' | 'groups' | 'wakeControls'>,
): RunJob {
  const { database, jobs, driver, groups, wakeControls } = context;
  return async (job, signal) => {
    const { jobId, group, operator, parameters } = job;
    const declared = groups.get(group)?.running.sourceTopics();
    if (declared === undefined || parameters.from === undefined)
      throw new EventError('CONFIGURATION_REFUSED', `This service cannot rewind ${group}.`);
    await database.transaction(async (tx) => {
      await requireOurs(job, jobs.advance(tx, job, {}));
      await beginRewinding(tx, { group, jobId, operator });
    });
    wakeControls();
    const topics = await presentTopics(driver, declared);
    const records = await rewindGroup({ groups: driver.groups, group, topics, fromMs: Date.parse(parameters.from), signal });
    await requireOurs(job, jobs.advance(database, job, { progress: { done: records, total: records, skipped: 0, failed: 0 } }));
  };
}

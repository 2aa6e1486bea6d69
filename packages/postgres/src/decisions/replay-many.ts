import { EventError } from '@throughline/events';
import type { Database } from '../database/database.ts';
import type { ClaimedJob, JobProgress } from '../jobs/job.ts';
import type { JobStore } from '../jobs/job-store.ts';
import { boundOf, nextOfSpan } from './dead-letter-rows.ts';
import type { Decisions } from './decisions.ts';

export interface ReplayManyOptions {
  readonly database: Database;
  readonly jobs: JobStore;
  readonly decisions: Decisions;
  /** Dead letters in one transaction. (Default: 100) */
  readonly batchSize?: number;
}

interface Checkpoint {
  readonly lastSeq: string;
  readonly after: string;
}

/**
 * Replays all dead letters of a group that waited when the job began and fit its filter; those at the cap of replays are skipped. One that fails anew meanwhile waits
 * for another decision. Replays, checkpoint and progress commit together, so whoever goes on after a crash neither leaves out nor repeats any.
 */
export function createReplayMany(options: ReplayManyOptions): (job: ClaimedJob, signal: AbortSignal) => Promise<void> {
  return async (job, signal) => {
    let { checkpoint, progress } = await begin(options, job);
    while (!signal.aborted) {
      const step = await replayBatch(options, job, checkpoint, progress);
      if (step === undefined) return;
      ({ checkpoint, progress } = step);
    }
    signal.throwIfAborted();
  };
}

interface Step {
  readonly checkpoint: Checkpoint;
  readonly progress: JobProgress;
}

async function begin({ database, jobs }: ReplayManyOptions, job: ClaimedJob): Promise<Step> {
  if ('lastSeq' in job.checkpoint) return { checkpoint: job.checkpoint as unknown as Checkpoint, progress: job.progress };
  const { total, lastSeq } = await boundOf(database, { ...job.parameters, group: job.group });
  const step = { checkpoint: { lastSeq, after: '0' }, progress: { ...job.progress, total } };
  if (!(await jobs.advance(database, job, step))) throw leaseLost(job);
  return step;
}

function replayBatch(
  { database, jobs, decisions, batchSize = 100 }: ReplayManyOptions,
  job: ClaimedJob,
  checkpoint: Checkpoint,
  progress: JobProgress,
): Promise<Step | undefined> {
  return database.transaction(async (tx) => {
    const span = { ...job.parameters, group: job.group };
    const letters = await nextOfSpan(tx, span, { ...checkpoint, limit: batchSize });
    const last = letters.at(-1);
    if (last === undefined) return undefined;
    let replayed = 0;
    for (const { dlqId } of letters) {
      const { outcome } = await decisions.replayIn(tx, dlqId, { operator: job.operator });
      if (outcome === 'decided') replayed += 1;
    }
    const step = {
      checkpoint: { ...checkpoint, after: last.seq },
      progress: { ...progress, done: progress.done + replayed, skipped: progress.skipped + letters.length - replayed },
    };
    if (!(await jobs.advance(tx, job, step))) throw leaseLost(job);
    return step;
  });
}

function leaseLost({ jobId }: ClaimedJob): EventError {
  return new EventError('LEASE_LOST', `Another replica has the job ${jobId}.`, { retryable: true });
}

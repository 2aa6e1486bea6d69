import type { OutcomeSink } from '@throughline/messaging';
import type { ClaimedJob, JobFailure, JobProgress } from '@throughline/postgres';

/** What became of the records of a side replay, so far. */
export interface Tally {
  /** Hears of every record's end. */
  readonly outcomes: OutcomeSink;
  failed(failure: JobFailure): void;
  read(done: number, total: number): { readonly progress: JobProgress; readonly failures: readonly JobFailure[] };
}

const KEPT_FAILURES = 20;
const FAILED: ReadonlySet<string> = new Set(['retried', 'parked', 'dead-lettered']);

/** Counts on from what the job has counted, and passes outcomes on to those of the live group unless the replay is forced. */
export function createTally(job: ClaimedJob, live: OutcomeSink): Tally {
  const failures = [...job.failures];
  let { skipped, failed } = job.progress;
  const isForced = job.parameters.isForced === true;
  return {
    outcomes: {
      tell: (batch) => {
        skipped += batch.events.filter(({ outcome }) => outcome === 'duplicate').length;
        // What is forced is no part of the live group's story.
        if (isForced) return;
        failed += batch.events.filter(({ outcome }) => FAILED.has(outcome)).length;
        live.tell(batch);
      },
    },
    failed: (failure) => {
      failed += 1;
      if (failures.length < KEPT_FAILURES) failures.push(failure);
    },
    read: (done, total) => ({ progress: { done, total, skipped, failed }, failures }),
  };
}

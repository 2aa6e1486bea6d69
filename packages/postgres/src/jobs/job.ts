/** `dead-letters`: replays many; `side`: a group of its own reads a span again; `rewind`: the group itself goes back. */
export type JobKind = 'dead-letters' | 'side' | 'rewind';
export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** What was asked for; which of them a kind knows is checked where jobs are accepted. Times are RFC 3339. */
export interface JobParameters {
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
  readonly before?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly isForced?: boolean | undefined;
  readonly isPublishingAllowed?: boolean | undefined;
}

export interface JobProgress {
  readonly done: number;
  /** Null while it is not known. */
  readonly total: number | null;
  readonly skipped: number;
  readonly failed: number;
}

/** One of the first failures of a job. */
export interface JobFailure {
  readonly eventId: string;
  readonly error: string;
}

export interface Job {
  readonly jobId: string;
  readonly seq: string;
  readonly kind: JobKind;
  readonly group: string;
  readonly parameters: JobParameters;
  readonly state: JobState;
  readonly isCancelRequested: boolean;
  readonly progress: JobProgress;
  readonly failures: readonly JobFailure[];
  readonly operator: string;
  /** Why it failed, or what stands in its way for now. */
  readonly error: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** A job that is ours to work on. Every write names `owner`, so that a replica which lost its lease changes nothing any more. */
export interface ClaimedJob extends Job {
  readonly owner: string;
  /** What the one before left; the kind's own. */
  readonly checkpoint: Readonly<Record<string, unknown>>;
}

export const JOB_COLUMNS = `job_id AS "jobId", seq, kind, consumer_group AS "group", parameters, state, is_cancel_requested AS "isCancelRequested", progress, failures,
  operator, error, created_at AS "createdAt", started_at AS "startedAt", ended_at AS "endedAt"`;

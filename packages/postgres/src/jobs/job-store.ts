import { randomUUID } from 'node:crypto';
import { writeAudit } from '../audit/audit-log.ts';
import type { Database, Queryable, Transaction } from '../database/database.ts';
import { endRewinding } from '../group-controls.ts';
import { storableText } from '../inbox/storable.ts';
import {
  type ClaimedJob,
  JOB_COLUMNS,
  type Job,
  type JobFailure,
  type JobKind,
  type JobParameters,
  type JobProgress,
} from './job.ts';

export interface NewJob {
  readonly kind: JobKind;
  readonly group: string;
  readonly parameters: JobParameters;
  readonly operator: string;
}

/** How far a job got. */
export interface JobAdvance {
  readonly checkpoint?: Readonly<Record<string, unknown>>;
  readonly progress?: JobProgress;
  readonly failures?: readonly JobFailure[];
}

export interface JobEnd {
  readonly state: 'done' | 'failed' | 'cancelled';
  readonly error?: string;
}

/** Jobs as rows: whoever holds the lease of one works on it, and another goes on when that one died. */
export interface JobStore {
  /** Undefined: the group is being rewound already. */
  create(job: NewJob): Promise<Job | undefined>;
  list(page: { readonly limit: number; readonly after?: string | undefined }): Promise<readonly Job[]>;
  find(jobId: string): Promise<Job | undefined>;
  /** A job that nobody works on ends at once, one in work soon. Undefined when there is none of this id; one that is over stays as it is. */
  cancel(jobId: string, operator: string): Promise<Job | undefined>;
  /** The oldest job of these groups that nobody works on. */
  claim(groups: readonly string[], leaseMs: number): Promise<ClaimedJob | undefined>;
  /** Extends the lease. `lost`: another replica has the job. */
  renew(job: ClaimedJob, leaseMs: number): Promise<'held' | 'cancel-requested' | 'lost'>;
  /** False: the job is not ours any more; roll `tx` back. */
  advance(tx: Queryable, job: ClaimedJob, advance: JobAdvance): Promise<boolean>;
  /** False: the job is not ours any more. Whatever it had stopped goes on. */
  end(job: ClaimedJob, end: JobEnd): Promise<boolean>;
  /** What stands in its way for now; shown until it ends. */
  note(job: ClaimedJob, error: string): Promise<void>;
  /** Another replica may go on at once. */
  giveBack(job: ClaimedJob): Promise<void>;
}

const MAX_ERROR_BYTES = 1_024;
const IS_OURS = `job_id = $1 AND lease_owner = $2 AND state = 'running'`;

export function createJobStore({ database }: { readonly database: Database }): JobStore {
  return {
    create: (job) => database.transaction((tx) => create(tx, job)),
    list: ({ limit, after }) =>
      database.query<Job>(
        `SELECT ${JOB_COLUMNS} FROM backbone_jobs WHERE ($2::bigint IS NULL OR seq < $2) ORDER BY seq DESC LIMIT $1`,
        [limit, after ?? null],
      ),
    find: (jobId) => find(database, jobId),
    cancel: (jobId, operator) => database.transaction((tx) => cancel(tx, jobId, operator)),
    claim: async (groups, leaseMs) => {
      const owner = randomUUID();
      const [claimed] = await database.query<Omit<ClaimedJob, 'owner'>>(CLAIM, [groups, owner, leaseMs]);
      return claimed && { ...claimed, owner };
    },
    renew: async ({ jobId, owner }, leaseMs) => {
      const [row] = await database.query<{ isCancelRequested: boolean }>(RENEW, [jobId, owner, leaseMs]);
      if (row === undefined) return 'lost';
      return row.isCancelRequested ? 'cancel-requested' : 'held';
    },
    advance: async (tx, { jobId, owner }, { checkpoint, progress, failures }) => {
      const values = [checkpoint, progress, failures].map((value) => (value === undefined ? null : JSON.stringify(value)));
      return (await tx.execute(ADVANCE, [jobId, owner, ...values])) === 1;
    },
    end: (job, end) => database.transaction((tx) => endJob(tx, job, end)),
    note: async ({ jobId, owner }, error) => {
      await database.execute(`UPDATE backbone_jobs SET error = $3 WHERE ${IS_OURS}`, [
        jobId,
        owner,
        storableText(error, MAX_ERROR_BYTES),
      ]);
    },
    giveBack: async ({ jobId, owner }) => {
      await database.execute(`UPDATE backbone_jobs SET lease_expires_at = '-infinity' WHERE ${IS_OURS}`, [jobId, owner]);
    },
  };
}

const CLAIM = `
  UPDATE backbone_jobs SET state = 'running', lease_owner = $2, lease_expires_at = now() + $3 * interval '1 ms', started_at = coalesce(started_at, now())
  WHERE job_id = (
    SELECT job_id FROM backbone_jobs WHERE state IN ('waiting', 'running') AND lease_expires_at < now() AND consumer_group = ANY($1)
    ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED
  ) RETURNING ${JOB_COLUMNS}, checkpoint`;

const RENEW = `
  UPDATE backbone_jobs SET lease_expires_at = now() + $3 * interval '1 ms' WHERE ${IS_OURS} RETURNING is_cancel_requested AS "isCancelRequested"`;

const ADVANCE = `
  UPDATE backbone_jobs SET checkpoint = coalesce($3, checkpoint), progress = coalesce($4, progress), failures = coalesce($5, failures) WHERE ${IS_OURS}`;

async function create(tx: Transaction, { kind, group, parameters, operator }: NewJob): Promise<Job | undefined> {
  const [job] = await tx.query<Job>(
    `INSERT INTO backbone_jobs (job_id, kind, consumer_group, parameters, operator) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (consumer_group) WHERE kind = 'rewind' AND state IN ('waiting', 'running') DO NOTHING RETURNING ${JOB_COLUMNS}`,
    [randomUUID(), kind, group, JSON.stringify(parameters), operator],
  );
  if (job !== undefined)
    await writeAudit(tx, { operator, action: 'job.start', subject: job.jobId, group, detail: { kind, ...parameters } });
  return job;
}

async function find(database: Queryable, jobId: string): Promise<Job | undefined> {
  const [job] = await database.query<Job>(`SELECT ${JOB_COLUMNS} FROM backbone_jobs WHERE job_id = $1`, [jobId]);
  return job;
}

async function cancel(tx: Transaction, jobId: string, operator: string): Promise<Job | undefined> {
  const [job] = await tx.query<Job>(
    `UPDATE backbone_jobs SET is_cancel_requested = true, state = CASE WHEN lease_expires_at < now() THEN 'cancelled' ELSE state END,
       ended_at = CASE WHEN lease_expires_at < now() THEN now() END
     WHERE job_id = $1 AND state IN ('waiting', 'running') AND NOT is_cancel_requested RETURNING ${JOB_COLUMNS}`,
    [jobId],
  );
  if (job === undefined) return find(tx, jobId);
  if (job.state === 'cancelled') await endRewinding(tx, jobId);
  await writeAudit(tx, { operator, action: 'job.cancel', subject: jobId, group: job.group });
  return job;
}

async function endJob(tx: Transaction, { jobId, owner }: ClaimedJob, { state, error }: JobEnd): Promise<boolean> {
  const ended = await tx.execute(
    `UPDATE backbone_jobs SET state = $3, error = $4, ended_at = now(), lease_owner = NULL WHERE ${IS_OURS}`,
    [jobId, owner, state, error === undefined ? null : storableText(error, MAX_ERROR_BYTES)],
  );
  if (ended === 1) await endRewinding(tx, jobId);
  return ended === 1;
}

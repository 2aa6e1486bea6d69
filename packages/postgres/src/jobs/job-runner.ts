import { isEventError } from '@throughline/events';
import { type Logger, withoutCredentials } from '@throughline/telemetry';
import { createAlarm } from '../relay/alarm.ts';
import type { ClaimedJob, JobKind } from './job.ts';
import type { JobStore } from './job-store.ts';

/** Does a job, or the rest of it. Resolves when it is done; rejects with a retryable error when another try may help, with any other when the job has failed. */
export type RunJob = (job: ClaimedJob, signal: AbortSignal) => Promise<void>;

export interface JobRunnerOptions {
  readonly jobs: JobStore;
  readonly run: Readonly<Record<JobKind, RunJob>>;
  /** Groups whose jobs this process may do, asked each time. */
  readonly groups: () => readonly string[];
  readonly logger: Logger;
  /** Jobs at once in this process. (Default: 3) */
  readonly concurrency?: number;
  /** After so long without a word another replica goes on, milliseconds. (Default: 15 000) */
  readonly leaseMs?: number;
  /** How often jobs are looked for, and those in work renewed and asked whether they are cancelled, milliseconds. (Default: 1 000) */
  readonly intervalMs?: number;
}

export interface JobRunner {
  start(): void;
  /** There is a new job. */
  wake(): void;
  /** Interrupts what is in work and gives it back. */
  stop(): Promise<void>;
}

/** Why a job was interrupted. */
type Interruption = 'cancelled' | 'lost' | 'stopping';

/** Works on jobs while it runs: of all replicas one has a job, and another goes on where it was when that one died. */
export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const { jobs, logger, groups, concurrency = 3, leaseMs = 15_000, intervalMs = 1_000 } = options;
  const alarm = createAlarm();
  const inWork = new Map<ClaimedJob, { readonly interrupt: (why: Interruption) => void; readonly ended: Promise<void> }>();
  let isRunning = false;
  let work = Promise.resolve();

  const begin = (job: ClaimedJob): void => {
    const { interrupt, ended } = workOn(options, job);
    inWork.set(job, { interrupt, ended: ended.finally(() => inWork.delete(job)) });
  };
  const round = async (): Promise<void> => {
    for (const [job, { interrupt }] of inWork) {
      const held = await jobs.renew(job, leaseMs);
      if (held !== 'held') interrupt(held === 'lost' ? 'lost' : 'cancelled');
    }
    while (isRunning && inWork.size < concurrency) {
      const job = await jobs.claim(groups(), leaseMs);
      if (job === undefined) return;
      begin(job);
    }
  };
  const interruptAll = (): void => {
    for (const { interrupt } of inWork.values()) interrupt('stopping');
  };
  const run = async (): Promise<void> => {
    while (isRunning) {
      await round().catch((error: unknown) => logger.warn({ err: error }, 'Jobs could not be looked for; trying again.'));
      if (isRunning) await alarm.pause(intervalMs);
    }
  };
  return {
    start: () => {
      isRunning = true;
      work = run();
    },
    wake: () => alarm.ring(),
    stop: async () => {
      isRunning = false;
      alarm.ring();
      interruptAll();
      await work;
      // What was claimed meanwhile.
      interruptAll();
      await Promise.all([...inWork.values()].map(({ ended }) => ended));
    },
  };
}

function workOn(options: JobRunnerOptions, job: ClaimedJob): { interrupt: (why: Interruption) => void; ended: Promise<void> } {
  const { jobs, logger } = options;
  const { jobId, kind, group } = job;
  const abort = new AbortController();
  let interruption: Interruption | undefined;
  const settle = async (error: unknown): Promise<void> => {
    if (interruption === 'lost') return;
    if (interruption === 'stopping') return jobs.giveBack(job);
    if (interruption === 'cancelled') return void (await jobs.end(job, { state: 'cancelled' }));
    const story = withoutCredentials(error instanceof Error ? error.message : String(error));
    // Its lease is left to run out: what is away needs a moment anyway.
    if (isEventError(error) && error.retryable) {
      logger.warn({ err: error, jobId, group }, `The ${kind} job ${jobId} is interrupted; it goes on later.`);
      return jobs.note(job, story);
    }
    logger.error({ err: error, jobId, group }, `The ${kind} job ${jobId} failed`);
    await jobs.end(job, { state: 'failed', error: story });
  };
  const ended = (async () => {
    try {
      // Whoever was to end it died.
      if (job.isCancelRequested) return void (await jobs.end(job, { state: 'cancelled' }));
      logger.info({ jobId, group, operator: job.operator }, `Began the ${kind} job ${jobId}`);
      await options.run[kind](job, abort.signal);
      if (await jobs.end(job, { state: 'done' })) logger.info({ jobId, group }, `The ${kind} job ${jobId} is done`);
    } catch (error) {
      await settle(error);
    }
  })().catch((error: unknown) =>
    logger.warn({ err: error, jobId, group }, `The end of the ${kind} job ${jobId} could not be kept`),
  );
  return {
    ended,
    interrupt: (why) => {
      interruption ??= why;
      abort.abort(new Error(`The job is interrupted: ${why}.`));
    },
  };
}

import { EventError } from '@throughline/events';
import { createLogger } from '@throughline/telemetry';
import { createTestDatabase, type TestDatabase, waitFor } from '@throughline/testing';
import { listAudit } from '../audit/audit-log.ts';
import { createDatabase } from '../database/create-database.ts';
import type { Database } from '../database/database.ts';
import { beginRewinding, createGroupControls } from '../group-controls.ts';
import { migrate } from '../migrate.ts';
import { createJobRunner, type JobRunner, type RunJob } from './job-runner.ts';
import { createJobStore, type JobStore } from './job-store.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
const LEASE_MS = 60_000;
let home: TestDatabase;
let database: Database;
let jobs: JobStore;
const runners: JobRunner[] = [];

beforeAll(async () => {
  home = await createTestDatabase();
  database = createDatabase({ connectionString: home.url, applicationName: 'jobs-test', logger });
  await migrate({ database, logger });
  jobs = createJobStore({ database });
});
afterAll(async () => {
  await database.close();
  await home.drop();
});
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.stop()));
  await database.execute('TRUNCATE backbone_jobs, group_controls, audit_log');
});

const newJob = (kind: 'dead-letters' | 'rewind' = 'dead-letters') =>
  jobs.create({ kind, group: 'g', parameters: { type: 'T' }, operator: 'ann' });

async function claimNew() {
  await newJob();
  const claimed = await jobs.claim(['g'], LEASE_MS);
  if (claimed === undefined) throw new Error('nothing to claim');
  return claimed;
}

function startRunner(run: RunJob, options: { leaseMs?: number } = {}): JobRunner {
  const runner = createJobRunner({
    jobs,
    logger,
    groups: () => ['g'],
    run: { 'dead-letters': run, side: run, rewind: run },
    intervalMs: 20,
    leaseMs: LEASE_MS,
    ...options,
  });
  runner.start();
  runners.push(runner);
  return runner;
}

const untilOver = (jobId: string) =>
  waitFor(
    async () => {
      const job = await jobs.find(jobId);
      return job?.endedAt !== null && job;
    },
    { description: 'the job to end' },
  );

/** Works until it is interrupted. */
const endless: RunJob = (_, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('the store', () => {
  it('gives a job to one at a time, and only of the groups that were asked for', async () => {
    await newJob();
    expect(await jobs.claim(['other'], LEASE_MS)).toBeUndefined();
    const claims = await Promise.all(Array.from({ length: 5 }, () => jobs.claim(['g'], LEASE_MS)));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });

  it('gives a job whose lease is over to another, and takes nothing from the former any more', async () => {
    const former = await claimNew();
    await jobs.advance(database, former, { checkpoint: { at: 1 } });
    await jobs.giveBack(former);
    const next = await jobs.claim(['g'], LEASE_MS);
    expect(next?.checkpoint).toEqual({ at: 1 });
    expect(await jobs.advance(database, former, { checkpoint: { at: 0 } })).toBe(false);
    expect(await jobs.renew(former, LEASE_MS)).toBe('lost');
    expect(await jobs.end(former, { state: 'done' })).toBe(false);
    expect((await jobs.find(former.jobId))?.state).toBe('running');
  });

  it('ends a waiting job that is cancelled at once, once, with a line in the audit log', async () => {
    const job = await newJob();
    const jobId = job?.jobId ?? '';
    expect(await jobs.cancel(jobId, 'bob')).toMatchObject({ state: 'cancelled', endedAt: expect.any(Date) });
    expect(await jobs.cancel(jobId, 'bob')).toMatchObject({ state: 'cancelled' });
    expect(await listAudit(database, { limit: 10 })).toMatchObject([
      { action: 'job.cancel', operator: 'bob', subject: jobId },
      { action: 'job.start', operator: 'ann', subject: jobId, detail: { kind: 'dead-letters', type: 'T' } },
    ]);
  });

  it('ends a job that is cancelled when nobody works on it any more, and its group goes on', async () => {
    await newJob('rewind');
    const job = await jobs.claim(['g'], LEASE_MS);
    if (job === undefined) throw new Error('nothing to claim');
    await database.transaction((tx) => beginRewinding(tx, { group: 'g', jobId: job.jobId, operator: 'ann' }));
    await jobs.giveBack(job);
    expect(await jobs.cancel(job.jobId, 'bob')).toMatchObject({ state: 'cancelled', endedAt: expect.any(Date) });
    expect(await createGroupControls({ database }).read()).toEqual(new Map());
    expect(await jobs.claim(['g'], LEASE_MS)).toBeUndefined();
  });

  it('has one rewind of a group at a time', async () => {
    expect(await newJob('rewind')).toBeDefined();
    expect(await newJob('rewind')).toBeUndefined();
    expect(await newJob()).toBeDefined();
  });

  it.each(['running', 'paused'] as const)(
    'lets a group that was %s be so again when its rewind ends, however it ends',
    async (before) => {
      const controls = createGroupControls({ database });
      await controls.set('g', before, 'ann');
      await newJob('rewind');
      const job = await jobs.claim(['g'], LEASE_MS);
      if (job === undefined) throw new Error('nothing to claim');
      for (let times = 0; times < 2; times += 1)
        await database.transaction((tx) => beginRewinding(tx, { group: 'g', jobId: job.jobId, operator: 'ann' }));
      expect(await controls.read()).toEqual(new Map([['g', 'rewinding']]));
      expect(await controls.set('g', 'running', 'ann')).toBe('rewinding');
      await jobs.end(job, { state: 'failed', error: 'no' });
      expect((await controls.read()).get('g') ?? 'running').toBe(before);
    },
  );
});

it('writes a wish for a group down only when it changes something', async () => {
  const controls = createGroupControls({ database });
  for (const wanted of ['running', 'paused', 'paused', 'running', 'running'] as const)
    expect(await controls.set('g', wanted, 'ann')).toBe(wanted);
  expect((await listAudit(database, { limit: 10 })).map(({ action }) => action)).toEqual(['group.resume', 'group.pause']);
});

describe('a runner', () => {
  it('does jobs and keeps how they ended', async () => {
    startRunner(async () => {});
    expect(await untilOver((await newJob())?.jobId ?? '')).toMatchObject({ state: 'done', error: null });
  });

  it('keeps what went wrong, without credentials', async () => {
    startRunner(async () => {
      throw new Error('no way to postgres://user:hunter2@host/db');
    });
    const { state, error } = await untilOver((await newJob())?.jobId ?? '');
    expect(state).toBe('failed');
    expect(error).toContain('no way to');
    expect(error).not.toContain('hunter2');
  });

  it('goes on with a job after a failure that may pass', async () => {
    let tries = 0;
    const { promise: seen, resolve: see } = Promise.withResolvers<void>();
    startRunner(
      async () => {
        tries += 1;
        if (tries > 1) await seen;
        if (tries === 1) throw new EventError('STORE_UNAVAILABLE', 'away', { retryable: true });
      },
      { leaseMs: 200 },
    );
    const jobId = (await newJob())?.jobId ?? '';
    await waitFor(async () => (await jobs.find(jobId))?.error === 'away', { description: 'what stands in its way' });
    see();
    expect(await untilOver(jobId)).toMatchObject({ state: 'done', error: null });
    expect(tries).toBe(2);
  });

  it('interrupts a job that is cancelled', async () => {
    startRunner(endless);
    const jobId = (await newJob())?.jobId ?? '';
    await waitFor(async () => (await jobs.find(jobId))?.state === 'running', { description: 'the job to run' });
    await jobs.cancel(jobId, 'bob');
    expect(await untilOver(jobId)).toMatchObject({ state: 'cancelled', error: null });
  });

  it('does not begin a job again that was cancelled before its replica died', async () => {
    const job = await claimNew();
    await jobs.cancel(job.jobId, 'bob');
    await jobs.giveBack(job);
    let begun = 0;
    startRunner(async () => {
      begun += 1;
    });
    expect(await untilOver(job.jobId)).toMatchObject({ state: 'cancelled', error: null });
    expect(begun).toBe(0);
  });

  it('gives what it works on back when it stops, and another goes on', async () => {
    const first = startRunner(endless);
    const jobId = (await newJob())?.jobId ?? '';
    await waitFor(async () => (await jobs.find(jobId))?.state === 'running', { description: 'the job to run' });
    await first.stop();
    expect((await jobs.find(jobId))?.state).toBe('running');
    startRunner(async () => {});
    expect(await untilOver(jobId)).toMatchObject({ state: 'done' });
  });

  it('interrupts a job that another has taken, and writes nothing more', async () => {
    let interrupted: unknown;
    startRunner(async (job, signal) => {
      await endless(job, signal).catch((error: unknown) => {
        interrupted = error;
      });
    });
    const jobId = (await newJob())?.jobId ?? '';
    await waitFor(async () => (await jobs.find(jobId))?.state === 'running', { description: 'the job to run' });
    await database.execute(`UPDATE backbone_jobs SET lease_owner = 'another' WHERE job_id = $1`, [jobId]);
    await waitFor(() => interrupted, { description: 'the interruption' });
    expect((await jobs.find(jobId))?.state).toBe('running');
  });
});

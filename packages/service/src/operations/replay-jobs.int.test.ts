import { randomUUID } from 'node:crypto';
import { testPrefix, waitFor } from '@throughline/testing';
import {
  createOperationsBed,
  type DeletionHandler,
  type Json,
  type OperationsBed,
  publishDeletion,
  type Replica,
} from '../../test/operations-bed.ts';

const topic = testPrefix('jobs');
const group = `${topic}.group`;
const handled: string[] = [];
const broken = new Set<string>();
/** Handlers wait for it. */
let gate: Promise<void> | undefined;
let waiting = 0;
let bed: OperationsBed;
let first: Replica;
let second: Replica;
let before: string;
let events: string[];

/** Publishes an event for each that it handles. */
const handlerOf =
  (replica: Replica): DeletionHandler =>
  async ({ id, data }, { tx, cause }) => {
    if (broken.has(id)) throw new Error('broken');
    waiting += 1;
    await gate;
    waiting -= 1;
    await tx.execute('INSERT INTO effects (event_id) VALUES ($1)', [id]);
    handled.push(id);
    if (data.bucketName === 'made') return;
    const made = { payloadType: 'BUCKET_DELETED', bucketName: 'made', bucketId: data.bucketId };
    const ownerId = randomUUID();
    await replica.publisher.publish(tx, { type: 'BUCKET_DELETED', key: data.bucketId, ownerId, data: made, cause });
  };

beforeAll(async () => {
  bed = await createOperationsBed(topic);
  [first, second] = [await bed.startReplica(), await bed.startReplica()];
  await first.backbone.database.execute('CREATE TABLE effects (event_id text NOT NULL)');
  for (const replica of [first, second])
    await replica.subscribe({ group, isReplayable: true, handlers: { BUCKET_DELETED: handlerOf(replica) } });
  before = new Date(Date.now() - 1_000).toISOString();
  events = await Promise.all(Array.from({ length: 20 }, () => publishDeletion(first, { key: randomUUID(), name: 'asked' })));
  // Each and the one that it made.
  await waitFor(() => handled.length === 40, { description: 'all events', timeoutMs: 30_000 });
  await waitFor(async () => (await groupNow()).lag === 0, { description: 'no lag', timeoutMs: 30_000 });
}, 120_000);
afterAll(() => bed.close());
beforeEach(() => {
  handled.length = 0;
  broken.clear();
});

const groupNow = async () => (await first.call('GET', '/operations/groups')).body.items[0];
const recordsInLog = async () =>
  (await first.backbone.driver.groups.endOffsets([topic])).reduce((sum, { offset }) => sum + Number(offset), 0);

async function effectsByEvent(): Promise<ReadonlyMap<string, number>> {
  const rows = await first.backbone.database.query<{ id: string; effects: number }>(
    'SELECT event_id AS id, count(*)::int AS effects FROM effects GROUP BY 1',
  );
  return new Map(rows.map(({ id, effects }) => [id, effects]));
}

async function forgetInRedis(eventId: string): Promise<void> {
  const { client } = first.backbone.redis;
  for await (const keys of client.scanStream({ match: `*${eventId}*`, count: 10_000 }))
    if (keys.length > 0) await client.del(keys);
}

async function start(job: Json): Promise<string> {
  const { status, body } = await first.call('POST', '/operations/jobs', { group, ...job });
  expect({ status, errors: body.errors }).toEqual({ status: 202, errors: undefined });
  return body.jobId;
}

function untilOver(jobId: string): Promise<Json> {
  return waitFor(
    async () => {
      const { body } = await first.call('GET', `/operations/jobs/${jobId}`);
      return body.endedAt !== null && body;
    },
    { description: 'the end of the job', timeoutMs: 60_000 },
  );
}

it('skips in a side replay what is processed, and handles what is not', async () => {
  const forgotten = events[0] ?? '';
  // As an event of a type that had no handler when it came.
  await first.backbone.database.execute('DELETE FROM processed_events WHERE event_id = $1', [forgotten]);
  await forgetInRedis(forgotten);
  const job = await untilOver(await start({ kind: 'side', from: before }));
  expect(job).toMatchObject({ state: 'done', error: null, progress: { done: 40, total: 40, skipped: 39, failed: 0 } });
  // And what it published, which the live group handles.
  await waitFor(() => handled.length === 2, { description: 'the event and the one that it made' });
  expect(handled[0]).toBe(forgotten);
}, 90_000);

it('lets what fails in a side replay go the group’s usual way', async () => {
  const failing = events[1] ?? '';
  await first.backbone.database.execute('DELETE FROM processed_events WHERE event_id = $1', [failing]);
  await forgetInRedis(failing);
  broken.add(failing);
  const job = await untilOver(await start({ kind: 'side', from: before }));
  expect(job).toMatchObject({ state: 'done', error: null, progress: { failed: 1 } });
  const [letter] = (await first.call('GET', `/operations/dead-letters?eventId=${failing}`)).body.items;
  expect(letter).toMatchObject({ group, state: 'waiting', original: { topic } });
  await first.call('POST', `/operations/dead-letters/${letter.dlqId}/discard`, { reason: 'a test' });
}, 90_000);

it('handles all in a forced side replay and publishes nothing', async () => {
  const records = await recordsInLog();
  const failing = events[3] ?? '';
  broken.add(failing);
  const job = await untilOver(await start({ kind: 'side', from: before, force: true }));
  expect(job).toMatchObject({ state: 'done', error: null, isForced: true });
  expect(job.progress).toEqual({ done: records, total: records, skipped: 0, failed: 1 });
  expect(job.failures).toMatchObject([{ eventId: failing, error: 'Error: broken' }]);
  expect(new Set(handled).size).toBe(records - 1);
  expect((await first.call('GET', `/operations/dead-letters?eventId=${failing}`)).body.items).toEqual([]);
  await waitFor(async () => (await first.call('GET', '/operations/outbox?state=unsent')).body.counts.unsent === 0, {
    description: 'the outbox to be empty',
  });
  expect(await recordsInLog()).toBe(records);
  expect(await first.backbone.driver.groups.memberCount(`${group}.replay.${job.jobId}`)).toBe(0);
}, 90_000);

it('rewinds with two members: both leave, the offsets go back, both return, and what is processed is skipped', async () => {
  const records = await recordsInLog();
  const job = await untilOver(await start({ kind: 'rewind', from: before }));
  expect(job).toMatchObject({ state: 'done', error: null, progress: { done: records, total: records } });
  await waitFor(async () => (await groupNow()).members === 2, { description: 'both members', timeoutMs: 60_000 });
  await waitFor(async () => (await groupNow()).lag === 0, { description: 'no lag', timeoutMs: 60_000 });
  expect((await groupNow()).state).toBe('running');
  expect(handled).toEqual([]);
}, 150_000);

it('refuses a second rewind, and lets the group go on when the first is cancelled', async () => {
  const { database, driver } = first.backbone;
  // A member that nobody controls keeps the group from being empty.
  const stranger = await driver.consume({ group, topics: [topic], handle: async () => [] });
  const jobId = await start({ kind: 'rewind', from: before });
  await waitFor(async () => (await groupNow()).state === 'rewinding', { description: 'the rewinding' });
  expect(await first.call('POST', '/operations/jobs', { kind: 'rewind', group, from: before })).toMatchObject({ status: 409 });
  expect(await first.call('POST', `/operations/groups/${group}/resume`)).toMatchObject({
    status: 409,
    body: { state: 'rewinding' },
  });
  await first.call('POST', `/operations/jobs/${jobId}/cancel`);
  expect(await untilOver(jobId)).toMatchObject({ state: 'cancelled' });
  expect((await groupNow()).state).toBe('running');
  await stranger.stop();
  expect(await database.query('SELECT 1 FROM group_controls WHERE job_id IS NOT NULL')).toEqual([]);
}, 90_000);

it('goes on with a rewind whose replica died in the middle', async () => {
  const { database, driver } = first.backbone;
  const stranger = await driver.consume({ group, topics: [topic], handle: async () => [] });
  const jobId = await start({ kind: 'rewind', from: before });
  await waitFor(async () => (await groupNow()).state === 'rewinding', { description: 'the rewinding' });
  await database.execute(`UPDATE backbone_jobs SET lease_expires_at = '-infinity', lease_owner = 'nobody' WHERE job_id = $1`, [
    jobId,
  ]);
  await stranger.stop();
  expect(await untilOver(jobId)).toMatchObject({ state: 'done', error: null });
  await waitFor(async () => (await groupNow()).members === 2, { description: 'both members', timeoutMs: 60_000 });
  expect((await groupNow()).state).toBe('running');
}, 150_000);

it('goes on with a job whose replica lost it, and handles nothing twice', async () => {
  const { database } = first.backbone;
  const records = await recordsInLog();
  const effectsBefore = await effectsByEvent();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  gate = opened;
  const jobId = await start({ kind: 'side', from: before, force: true });
  await waitFor(() => waiting > 0, { description: 'the job to be in the middle', timeoutMs: 60_000 });
  // As if its replica had died: its lease is over, and what it still writes is refused.
  await database.execute(`UPDATE backbone_jobs SET lease_expires_at = '-infinity', lease_owner = 'nobody' WHERE job_id = $1`, [
    jobId,
  ]);
  await waitFor(
    async () =>
      (await database.query(`SELECT 1 FROM backbone_jobs WHERE job_id = $1 AND lease_owner <> 'nobody'`, [jobId])).length === 1,
    { description: 'a replica to go on' },
  );
  gate = undefined;
  open();
  const job = await untilOver(jobId);
  expect(job).toMatchObject({ state: 'done', error: null, progress: { done: records, total: records } });
  const after = await effectsByEvent();
  expect(after.size).toBeGreaterThanOrEqual(40);
  for (const [id, effects] of after) expect({ id, effects }).toEqual({ id, effects: (effectsBefore.get(id) ?? 0) + 1 });
}, 120_000);

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

const topic = testPrefix('queues');
const group = `${topic}.worker`;
const retrying = `${topic}.retrying`;
let gate = Promise.withResolvers<void>();
let bed: OperationsBed;
let service: Replica;

const onDeletion: DeletionHandler = async ({ data }) => {
  if (data.bucketName === 'waits') await gate.promise;
  if (data.bucketName === 'fails') throw new Error('it fails');
};
const onDeletionLater: DeletionHandler = async ({ data }) => {
  if (data.bucketName === 'fails-twice') throw new Error('it fails again');
};

beforeAll(async () => {
  bed = await createOperationsBed(topic);
  service = await bed.startReplica();
  await service.subscribe({ group, order: 'none', concurrency: 4, handlers: { BUCKET_DELETED: onDeletion } });
  await service.subscribe({
    group: retrying,
    order: 'none',
    retry: { inlineTries: 1, delays: ['4s'] },
    handlers: { BUCKET_DELETED: onDeletionLater },
  });
  await service.subscribe({ group: `${topic}.keyed`, order: 'key', handlers: { BUCKET_DELETED: async () => undefined } });
}, 60_000);
afterAll(() => bed.close());
beforeEach(() => {
  gate = Promise.withResolvers<void>();
});
afterEach(() => gate.resolve());

async function queue(name: string): Promise<Json> {
  const { status, body } = await service.call('GET', `/operations/queues/${name}`);
  expect(status).toBe(200);
  return body;
}

/** The members tell once a second. */
function queueThat(holds: (queue: Json) => boolean, description: string, name = group): Promise<Json> {
  return waitFor(
    async () => {
      const now = await queue(name);
      return holds(now) && now;
    },
    { description, intervalMs: 100 },
  );
}

it('shows the groups that are queues, in the words of SQS', async () => {
  const drained = await queueThat(({ members, deadLetters }) => members === 1 && deadLetters === 0, 'the member');
  expect(drained).toEqual({
    group,
    topics: [topic],
    approximateNumberOfMessages: 0,
    approximateNumberOfMessagesNotVisible: 0,
    approximateNumberOfMessagesDelayed: 0,
    approximateAgeOfOldestMessageSeconds: 0,
    deadLetters: 0,
    members: 1,
    readAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
  const { status, body } = await service.call('GET', '/operations/queues');
  expect(status).toBe(200);
  expect(body.items.map((item: Json) => item.group)).toEqual([group, retrying]);
});

it('knows no others, nor anybody without the token', async () => {
  const { status, body } = await service.call('GET', `/operations/queues/${topic}.keyed`);
  expect(status).toBe(404);
  expect(body).toMatchObject({ code: 'queue_not_found' });
  expect((await fetch(`${service.url}/operations/queues`)).status).toBe(401);
});

it('shows what is in work, and what waits for the dead', async () => {
  for (let count = 0; count < 3; count += 1) await publishDeletion(service, { key: randomUUID(), name: 'waits' });
  const busy = await queueThat((now) => now.approximateNumberOfMessagesNotVisible === 3, 'three in work');
  expect(busy).toMatchObject({ approximateNumberOfMessages: 0, approximateNumberOfMessagesDelayed: 0 });
  expect(busy.approximateAgeOfOldestMessageSeconds).toBeGreaterThan(0);
  gate.resolve();
  await publishDeletion(service, { key: randomUUID(), name: 'fails' });
  const drained = await queueThat(({ deadLetters }) => deadLetters === 1, 'the dead letter');
  expect(drained).toMatchObject({ approximateNumberOfMessagesDelayed: 0 });
  await queueThat((now) => now.approximateAgeOfOldestMessageSeconds === 0, 'the last commit');
});

it('does not count what passed one that takes long, although nothing of it can be committed', async () => {
  await publishDeletion(service, { key: randomUUID(), name: 'waits' });
  await queueThat((now) => now.approximateNumberOfMessagesNotVisible === 1, 'the slow one in work');
  for (let count = 0; count < 40; count += 1) await publishDeletion(service, { key: randomUUID(), name: 'fine' });
  const partitions = async () => (await service.call('GET', '/operations/groups')).body.items[0].topics;
  await waitFor(async () => (await partitions()).some(({ topic: each, lag }: Json) => each === topic && lag > 1), {
    description: 'fast ones behind the slow one',
  });
  await queueThat(
    (now) => now.approximateNumberOfMessages === 0 && now.approximateNumberOfMessagesNotVisible === 1,
    'only the slow one to be shown',
  );
});

it('shows a failed one as delayed until its next try, and then as dead', async () => {
  await publishDeletion(service, { key: randomUUID(), name: 'fails-twice' });
  const delayed = await queueThat((now) => now.approximateNumberOfMessagesDelayed === 1, 'the retry', retrying);
  expect(delayed.approximateAgeOfOldestMessageSeconds).toBeLessThan(4.5);
  const dead = await queueThat((now) => now.approximateNumberOfMessagesDelayed === 0, 'the end of the delay', retrying);
  expect(dead.approximateAgeOfOldestMessageSeconds === 0 || dead.approximateAgeOfOldestMessageSeconds > 3).toBe(true);
  await queueThat(({ deadLetters }) => deadLetters > 0, 'the dead letter', retrying);
});

it('shows what piles up while the only member is away, and that it left', async () => {
  expect((await service.call('POST', `/operations/groups/${group}/pause`)).status).toBe(200);
  await queueThat(({ members }) => members === 0, 'the member to leave');
  for (let count = 0; count < 5; count += 1) await publishDeletion(service, { key: randomUUID(), name: 'fine' });
  const paused = await queueThat((now) => now.approximateNumberOfMessages === 5, 'the backlog');
  expect(paused).toMatchObject({ approximateNumberOfMessagesNotVisible: 0, members: 0 });
  await service.call('POST', `/operations/groups/${group}/resume`);
  await queueThat((now) => now.members === 1 && now.approximateNumberOfMessages === 0, 'the backlog to drain');
});

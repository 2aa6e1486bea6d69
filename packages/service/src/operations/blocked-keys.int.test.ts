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

const topic = testPrefix('blocked');
const group = `${topic}.group`;
const broken = new Set<string>();
const handled: { key: string; name: string }[] = [];
let bed: OperationsBed;
let service: Replica;

const handler: DeletionHandler = async ({ data }) => {
  if (broken.has(data.bucketName)) throw new Error(`${data.bucketName} is broken`);
  handled.push({ key: data.bucketId, name: data.bucketName });
};
const namesOf = (key: string) => handled.filter((each) => each.key === key).map(({ name }) => name);

beforeAll(async () => {
  bed = await createOperationsBed(topic);
  service = await bed.startReplica();
  await service.subscribe({ group, order: 'key', handlers: { BUCKET_DELETED: handler } });
}, 60_000);
afterAll(() => bed.close());
beforeEach(() => {
  handled.length = 0;
  broken.clear();
});

/** A key whose head is a dead letter, with two events behind it. */
async function blockKey(): Promise<{ key: string; letter: Json }> {
  const key = randomUUID();
  broken.add('head');
  const eventId = await publishDeletion(service, { key, name: 'head' });
  const letter = await waitFor(
    async () => (await service.call('GET', `/operations/dead-letters?eventId=${eventId}`)).body.items[0],
    { description: 'the dead letter' },
  );
  await publishDeletion(service, { key, name: 'second' });
  const last = await publishDeletion(service, { key, name: 'third' });
  await waitFor(async () => (await service.call('GET', `/operations/events/${last}`)).body.parked.length === 1, {
    description: 'the events behind it to be parked',
  });
  return { key, letter };
}

const post = (letter: Json, verb: string, body?: unknown) =>
  service.call('POST', `/operations/dead-letters/${letter.dlqId}/${verb}`, body);
const groupNow = async () => (await service.call('GET', '/operations/groups')).body.items[0];

it('lets other keys flow, and says what waits', async () => {
  const { key, letter } = await blockKey();
  const other = randomUUID();
  await publishDeletion(service, { key: other, name: 'free' });
  await waitFor(() => namesOf(other).length === 1, { description: 'the other key' });
  expect(namesOf(key)).toEqual([]);
  expect(letter).toMatchObject({ isKeyBlocked: true, state: 'waiting', key });
  expect(await groupNow()).toMatchObject({ order: 'key', blockedKeys: 1, deadKeys: 1, parkedRecords: 3, waitingDeadLetters: 1 });
  await post(letter, 'discard', { reason: 'a test' });
  await waitFor(() => namesOf(key).length === 2, { description: 'the rest of the key' });
});

it('goes on in order when its head is replayed', async () => {
  const { key, letter } = await blockKey();
  broken.clear();
  expect(await post(letter, 'replay')).toMatchObject({ status: 200, body: { state: 'replayed', replayCount: 1 } });
  await waitFor(() => namesOf(key).length === 3, { description: 'the whole key' });
  expect(namesOf(key)).toEqual(['head', 'second', 'third']);
  await waitFor(async () => (await groupNow()).blockedKeys === 0, { description: 'the block to go' });
  const { body } = await service.call('GET', `/operations/dead-letters/${letter.dlqId}`);
  expect(body).toMatchObject({ state: 'resolved', isKeyBlocked: false });
});

it('stays blocked when the replay fails, and waits for another decision', async () => {
  const { key, letter } = await blockKey();
  await post(letter, 'replay');
  await waitFor(
    async () => {
      const { body } = await service.call('GET', `/operations/dead-letters/${letter.dlqId}`);
      return body.state === 'waiting' && body.replayCount === 1;
    },
    { description: 'the head to fail anew' },
  );
  expect(namesOf(key)).toEqual([]);
  broken.clear();
  expect(await post(letter, 'replay')).toMatchObject({ status: 200, body: { replayCount: 2 } });
  await waitFor(() => namesOf(key).length === 3, { description: 'the whole key' });
  expect(namesOf(key)).toEqual(['head', 'second', 'third']);
});

it('goes on in order with an edited event in the place of its head', async () => {
  const { key, letter } = await blockKey();
  const envelope = JSON.parse((await service.call('GET', `/operations/dead-letters/${letter.dlqId}`)).body.value.text);
  const value = { ...envelope, payload: { ...envelope.payload, bucketName: 'edited' } };
  expect(await post(letter, 'edit', { value })).toMatchObject({ status: 200, body: { state: 'edited' } });
  await waitFor(() => namesOf(key).length === 3, { description: 'the whole key' });
  expect(namesOf(key)).toEqual(['edited', 'second', 'third']);
});

it('has a new dead letter when the edited event fails too, and goes on once that is decided', async () => {
  const { key, letter } = await blockKey();
  broken.add('edited');
  const envelope = JSON.parse((await service.call('GET', `/operations/dead-letters/${letter.dlqId}`)).body.value.text);
  const { body } = await post(letter, 'edit', { value: { ...envelope, payload: { ...envelope.payload, bucketName: 'edited' } } });
  const second = await waitFor(
    async () => (await service.call('GET', `/operations/dead-letters?eventId=${body.eventId}`)).body.items[0],
    { description: 'the second dead letter' },
  );
  expect(second.dlqId).not.toBe(letter.dlqId);
  expect(namesOf(key)).toEqual([]);
  broken.clear();
  expect((await post(second, 'replay')).status).toBe(200);
  await waitFor(() => namesOf(key).length === 3, { description: 'the whole key' });
  expect(namesOf(key)).toEqual(['edited', 'second', 'third']);
});

it('goes on without its head when that is discarded', async () => {
  const { key, letter } = await blockKey();
  expect(await post(letter, 'discard', { reason: 'a test' })).toMatchObject({ status: 200, body: { state: 'discarded' } });
  await waitFor(() => namesOf(key).length === 2, { description: 'the rest of the key' });
  expect(namesOf(key)).toEqual(['second', 'third']);
});

it('must keep the order of keys as long as something is parked', async () => {
  const { key, letter } = await blockKey();
  const changed = service.subscribe({ group, order: 'none', handlers: { BUCKET_DELETED: handler } });
  await expect(changed).rejects.toMatchObject({
    code: 'CONFIGURATION_REFUSED',
    message: expect.stringContaining('3 parked records'),
  });
  await post(letter, 'discard', { reason: 'a test' });
  await waitFor(() => namesOf(key).length === 2, { description: 'the rest of the key' });
});

it('takes a decision while the group is paused, and goes on in order when it is resumed', async () => {
  const { key, letter } = await blockKey();
  await service.call('POST', `/operations/groups/${group}/pause`);
  await waitFor(async () => (await groupNow()).members === 0, { description: 'the member to leave' });
  broken.clear();
  expect((await post(letter, 'replay')).status).toBe(200);
  const { body } = await service.call('GET', `/operations/dead-letters/${letter.dlqId}`);
  expect(body.state).toBe('replayed');
  await service.call('POST', `/operations/groups/${group}/resume`);
  await waitFor(() => namesOf(key).length === 3, { description: 'the whole key', timeoutMs: 30_000 });
  expect(namesOf(key)).toEqual(['head', 'second', 'third']);
}, 60_000);

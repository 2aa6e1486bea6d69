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

const topic = testPrefix('letters');
const groups = { failing: `${topic}.failing`, other: `${topic}.other` };
const broken = new Set<string>();
const handled: { group: string; eventId: string; name: string; correlationId: string }[] = [];
let bed: OperationsBed;
let service: Replica;

const handlerOf =
  (group: string): DeletionHandler =>
  async (event, { cause }) => {
    if (group === groups.failing && broken.has(event.data.bucketName)) throw new Error(`${event.data.bucketName} is broken`);
    handled.push({ group, eventId: event.id, name: event.data.bucketName, correlationId: cause.correlationId });
  };
/** The other group may still be at the events of the test before. */
const handledBy = (group: string, eventId: string) => handled.filter((each) => each.group === group && each.eventId === eventId);

beforeAll(async () => {
  bed = await createOperationsBed(topic);
  service = await bed.startReplica();
  for (const group of Object.values(groups)) await service.subscribe({ group, handlers: { BUCKET_DELETED: handlerOf(group) } });
}, 60_000);
afterAll(() => bed.close());
beforeEach(() => {
  handled.length = 0;
  broken.clear();
});

/** An event that the one group makes a dead letter of. */
async function makeDeadLetter(name: string): Promise<{ eventId: string; letter: Json }> {
  broken.add(name);
  const eventId = await publishDeletion(service, { key: randomUUID(), name });
  const letter = await waitFor(
    async () => (await service.call('GET', `/operations/dead-letters?eventId=${eventId}`)).body.items[0],
    { description: 'the dead letter' },
  );
  return { eventId, letter };
}

async function stateOf(dlqId: string): Promise<string> {
  return (await service.call('GET', `/operations/dead-letters/${dlqId}`)).body.state;
}

it('shows a dead letter with its record and story', async () => {
  const { eventId, letter } = await makeDeadLetter('shown');
  expect(letter).toMatchObject({
    group: groups.failing,
    eventId,
    source: 'BUCKET_SERVICE',
    type: 'BUCKET_DELETED',
    reason: 'attempts',
    errorMessage: 'shown is broken',
    original: { topic, partition: expect.any(Number), offset: expect.any(Number) },
    replayCount: 0,
    state: 'waiting',
    isKeyBlocked: false,
  });
  const whole = (await service.call('GET', `/operations/dead-letters/${letter.dlqId}`)).body;
  expect(JSON.parse(whole.value.text)).toMatchObject({ eventId, eventType: 'BUCKET_DELETED' });
  expect(whole).toMatchObject({ value: { encoding: 'utf8' }, headers: { ce_id: eventId }, decisions: [] });
});

it('replays to the failing group alone, with the same identity, and is resolved once that is handled', async () => {
  const { eventId, letter } = await makeDeadLetter('replayed');
  await waitFor(() => handledBy(groups.other, eventId).length === 1, { description: 'the other group' });
  broken.clear();
  const endsBefore = await service.backbone.driver.groups.endOffsets([topic]);
  const answer = await service.call('POST', `/operations/dead-letters/${letter.dlqId}/replay`);
  expect(answer).toEqual({ status: 200, body: { dlqId: letter.dlqId, state: 'replayed', eventId, replayCount: 1 } });
  await waitFor(async () => (await stateOf(letter.dlqId)) === 'resolved', { description: 'the dead letter to be resolved' });
  expect(handledBy(groups.failing, eventId)).toHaveLength(1);
  expect(handledBy(groups.other, eventId)).toHaveLength(1);
  // Not even as a duplicate: nothing was written where the other group reads.
  expect(await service.backbone.driver.groups.endOffsets([topic])).toEqual(endsBefore);
  const { items } = (await service.call('GET', '/operations/groups')).body;
  const other = items.find((item: Json) => item.group === groups.other);
  expect(new Set(other.topics.map((each: Json) => each.topic))).toEqual(new Set([topic, `${groups.other}.replay`]));
  expect((await service.call('POST', `/operations/dead-letters/${letter.dlqId}/replay`)).body).toMatchObject({
    code: 'dead_letter_decided',
    state: 'resolved',
  });
  const { decisions } = (await service.call('GET', `/operations/dead-letters/${letter.dlqId}`)).body;
  expect(decisions).toMatchObject([{ operator: 'test', action: 'dead-letter.replay', detail: { eventId, replayCount: 1 } }]);
});

it('waits anew when the replay fails, up to the cap', async () => {
  const { letter } = await makeDeadLetter('again');
  const path = `/operations/dead-letters/${letter.dlqId}`;
  for (let replay = 1; replay <= 5; replay += 1) {
    expect((await service.call('POST', `${path}/replay`)).body.replayCount).toBe(replay);
    await waitFor(async () => (await stateOf(letter.dlqId)) === 'waiting', { description: `replay ${replay} to fail` });
  }
  expect(await service.call('POST', `${path}/replay`)).toMatchObject({
    status: 409,
    body: { code: 'replay_cap_reached', state: 'waiting' },
  });
  broken.clear();
  expect((await service.call('POST', `${path}/replay`, { ignoreCap: true })).status).toBe(200);
  await waitFor(async () => (await stateOf(letter.dlqId)) === 'resolved', { description: 'the dead letter to be resolved' });
}, 60_000);

it('sends an edited event with a new id, caused by the original', async () => {
  const { eventId, letter } = await makeDeadLetter('wrong');
  const path = `/operations/dead-letters/${letter.dlqId}`;
  const envelope = JSON.parse((await service.call('GET', path)).body.value.text);
  const value = { ...envelope, payload: { ...envelope.payload, bucketName: 'right' } };
  const answer = await service.call('POST', `${path}/edit`, { value });
  expect(answer).toMatchObject({ status: 200, body: { state: 'edited', eventId: expect.not.stringContaining(eventId) } });
  await waitFor(() => handledBy(groups.failing, answer.body.eventId).length === 1, { description: 'the edited event' });
  expect(handledBy(groups.failing, answer.body.eventId)).toMatchObject([{ name: 'right', correlationId: eventId }]);
  const edited = (await service.call('GET', `/operations/events/${answer.body.eventId}`)).body;
  expect(edited).toMatchObject({
    outbox: [{ causationId: eventId, correlationId: eventId }],
    processed: [{ group: groups.failing }],
  });
  const original = (await service.call('GET', `/operations/events/${eventId}`)).body;
  expect(original.processed.map(({ group }: Json) => group).sort()).toEqual([groups.failing, groups.other]);
  expect(original).toMatchObject({ deadLetters: [{ dlqId: letter.dlqId, state: 'edited' }], parked: [] });
  expect((await service.call('POST', `${path}/discard`, { reason: 'late' })).body).toMatchObject({
    status: 409,
    state: 'edited',
  });
});

it('refuses an edited event that breaks its contract, naming the fields', async () => {
  const { letter } = await makeDeadLetter('unfit');
  const path = `/operations/dead-letters/${letter.dlqId}`;
  const envelope = JSON.parse((await service.call('GET', path)).body.value.text);
  const answer = await service.call('POST', `${path}/edit`, {
    value: { ...envelope, payload: { payloadType: 'BUCKET_DELETED' } },
  });
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: expect.stringMatching(/^body\/value\/payload/) }] } });
  expect((await service.call('POST', `${path}/edit`, { value: {} })).body.errors).toMatchObject([{ field: 'body/value' }]);
  expect(await stateOf(letter.dlqId)).toBe('waiting');
});

it('discards for good, with the reason in the audit log', async () => {
  const { eventId, letter } = await makeDeadLetter('discarded');
  const path = `/operations/dead-letters/${letter.dlqId}`;
  expect((await service.call('POST', `${path}/discard`, {})).body.errors).toMatchObject([{ field: 'body/reason' }]);
  expect(await service.call('POST', `${path}/discard`, { reason: 'a test' })).toMatchObject({
    status: 200,
    body: { state: 'discarded', eventId },
  });
  const { items } = (await service.call('GET', '/operations/audit?limit=1')).body;
  expect(items).toMatchObject([
    {
      operator: 'test',
      action: 'dead-letter.discard',
      subject: letter.dlqId,
      group: groups.failing,
      detail: { reason: 'a test' },
    },
  ]);
});

it('lists in pages and by state, type and reason', async () => {
  const made = [await makeDeadLetter('one'), await makeDeadLetter('two'), await makeDeadLetter('three')];
  const list = async (query: string) => (await service.call('GET', `/operations/dead-letters?${query}`)).body;
  const all: string[] = [];
  for (let next = ''; ; ) {
    const page = await list(`group=${groups.failing}&state=all&limit=2${next}`);
    all.push(...page.items.map(({ eventId }: Json) => eventId));
    if (page.next === null) break;
    next = `&after=${page.next}`;
  }
  expect(all.slice(-3)).toEqual(made.map(({ eventId }) => eventId));
  expect((await list('type=OTHER')).items).toEqual([]);
  expect((await list('reason=decoding')).items).toEqual([]);
  expect((await list(`group=${groups.other}&state=all`)).items).toEqual([]);
});

it('replays all that waited in one job', async () => {
  await service.backbone.database.execute(`UPDATE dead_letters SET status = 'discarded' WHERE status = 'waiting'`);
  const made = [await makeDeadLetter('job-1'), await makeDeadLetter('job-2')];
  broken.clear();
  const started = await service.call('POST', '/operations/jobs', {
    kind: 'dead-letters',
    group: groups.failing,
    type: 'BUCKET_DELETED',
  });
  expect(started).toMatchObject({ status: 202, body: { kind: 'dead-letters', state: 'waiting', operator: 'test' } });
  const job = await waitFor(
    async () => {
      const { body } = await service.call('GET', `/operations/jobs/${started.body.jobId}`);
      return body.state === 'done' && body;
    },
    { description: 'the job' },
  );
  expect(job.progress).toEqual({ done: 2, total: 2, skipped: 0, failed: 0 });
  for (const { letter } of made)
    await waitFor(async () => (await stateOf(letter.dlqId)) === 'resolved', { description: 'a replayed dead letter' });
  expect((await service.call('GET', '/operations/jobs?limit=1')).body.items).toMatchObject([{ jobId: started.body.jobId }]);
}, 60_000);

it('keeps a record that nobody can read the same dead letter, however often it is replayed', async () => {
  const { driver, database } = service.backbone;
  const producer = await driver.createProducer({ name: 'test' });
  const [position] = await producer.send([{ topic, key: 'k', value: Buffer.from([0xff]), headers: { foreign: 'yes' } }], {
    timeoutMs: 5_000,
  });
  await producer.close();
  const eventId = `${topic}/${position?.partition}/${position?.offset}`;
  const letter = await waitFor(
    async () => (await service.call('GET', `/operations/dead-letters?group=${groups.failing}&eventId=${eventId}`)).body.items[0],
    { description: 'the dead letter' },
  );
  expect(letter).toMatchObject({ reason: 'decoding', eventId });
  expect((await service.call('POST', `/operations/dead-letters/${letter.dlqId}/replay`)).status).toBe(200);
  await waitFor(
    async () => {
      const { body } = await service.call('GET', `/operations/dead-letters/${letter.dlqId}`);
      return body.state === 'waiting' && body.replayCount === 1;
    },
    { description: 'the replay to fail' },
  );
  const whole = (await service.call('GET', `/operations/dead-letters/${letter.dlqId}`)).body;
  expect(whole).toMatchObject({
    value: { encoding: 'base64', text: '/w==' },
    headers: { foreign: 'yes' },
    original: letter.original,
  });
  expect(
    await database.query('SELECT 1 FROM dead_letters WHERE event_id = $1 AND consumer_group = $2', [eventId, groups.failing]),
  ).toHaveLength(1);
});

import { randomUUID } from 'node:crypto';
import { testPrefix, waitFor } from '@throughline/testing';
import { createOperationsBed, type Json, type OperationsBed, publishDeletion, type Replica } from '../../test/operations-bed.ts';

const topic = testPrefix('operations');
const group = `${topic}.group`;
const handled: string[] = [];
let bed: OperationsBed;
let service: Replica;

const handlers = {
  BUCKET_DELETED: async ({ id }: { readonly id: string }) => void handled.push(id),
};

beforeAll(async () => {
  bed = await createOperationsBed(topic);
  service = await bed.startReplica();
  await service.subscribe({ group, handlers });
}, 60_000);
afterAll(() => bed.close());

async function groupNow(): Promise<Json> {
  return (await service.call('GET', '/operations/groups')).body.items[0];
}

async function isPausedOnPurpose(replica: Replica): Promise<boolean> {
  try {
    await replica.readiness.get(`group ${group}`)?.();
    return false;
  } catch (error) {
    return (error as Error).message === 'paused on purpose';
  }
}

/** Of the paused group's source topic, among the metrics. */
async function lagShown(replica: Replica): Promise<number> {
  const metrics = await (await fetch(`${replica.url}/metrics`)).text();
  expect(metrics).toMatch(new RegExp(`consumer_group_paused\\{.*${group}.*\\} 1`));
  const lines = metrics
    .split('\n')
    .filter((line) => line.startsWith('consumer_group_lag_records{') && line.includes(`"${topic}"`));
  return Number(lines[0]?.split(' ').at(-1));
}

describe('who may', () => {
  it.each([
    ['no token', undefined],
    ['another token', 'Bearer another-token-altogether'],
    ['no bearer token', 'Basic YTpi'],
  ])('is nobody with %s', async (_, authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    for (const path of ['/operations', '/operations/dead-letters', '/operations/groups', '/operations/audit'])
      expect((await fetch(service.url + path, { headers })).status).toBe(401);
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
  });
});

describe('what there is', () => {
  it('is told first', async () => {
    expect(await service.call('GET', '/operations')).toEqual({
      status: 200,
      body: { service: topic, groups: [group], hasOutbox: true },
    });
  });

  it.each([
    ['GET', '/operations/dead-letters?limit=0', undefined, 'query/limit'],
    ['GET', '/operations/dead-letters?state=odd', undefined, 'query/state'],
    ['GET', '/operations/outbox?after=!', undefined, 'query/after'],
    ['GET', '/operations/audit?after=WyJ4Il0', undefined, 'query/after'],
    ['POST', '/operations/dead-letters/no-uuid/replay', undefined, 'path/dlqId'],
    ['POST', `/operations/outbox/${randomUUID()}/discard`, { reason: '' }, 'body/reason'],
    ['POST', '/operations/jobs', { kind: 'odd', group }, 'body/kind'],
    ['POST', '/operations/jobs', { kind: 'side', group: 'none' }, 'body/group'],
    ['POST', '/operations/jobs', { kind: 'side', group, from: new Date().toISOString() }, 'body/group'],
    ['POST', '/operations/jobs', { kind: 'rewind', group, until: new Date().toISOString() }, 'body/until'],
    ['POST', '/operations/jobs', { kind: 'rewind', group, from: '2020-01-01T00:00:00Z' }, 'body/from'],
    ['POST', '/operations/jobs', { kind: 'rewind', group, from: 'yesterday' }, 'body/from'],
    ['POST', '/operations/jobs', { kind: 'dead-letters', group, from: new Date().toISOString() }, 'body/from'],
  ])('%s %s with %j is refused, naming the field', async (method, path, body, field) => {
    const answer = await service.call(method, path, body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: Json) => error.field)).toContain(field);
  });

  it.each([
    ['GET', `/operations/dead-letters/${randomUUID()}`],
    ['POST', `/operations/dead-letters/${randomUUID()}/replay`],
    ['POST', `/operations/outbox/${randomUUID()}/replay`],
    ['GET', `/operations/jobs/${randomUUID()}`],
    ['POST', `/operations/jobs/${randomUUID()}/cancel`],
    ['POST', '/operations/groups/none/pause'],
    ['GET', '/operations/nothing'],
  ])('does not include %s %s', async (method, path) => {
    expect((await service.call(method, path)).status).toBe(404);
  });
});

describe('a row that the broker refuses', () => {
  /** A row whose topic's name no broker takes. */
  async function failRow(): Promise<string> {
    const { database, relay } = service.backbone;
    const eventId = await publishDeletion(service, { key: randomUUID(), name: 'refused' });
    await waitFor(
      async () => (await database.query('SELECT 1 FROM outbox WHERE id = $1 AND status = 1', [eventId])).length === 1,
      {
        description: 'the row to be sent',
      },
    );
    await database.execute(`UPDATE outbox SET status = 3, attempts = 5, last_error = 'refused', sent_at = NULL WHERE id = $1`, [
      eventId,
    ]);
    await database.execute(
      `INSERT INTO outbox_blocked_keys (shard, aggregatetype, aggregateid, head_seq, state, released_seq)
       SELECT shard, aggregatetype, aggregateid, seq, 'failed', seq - 1 FROM outbox WHERE id = $1`,
      [eventId],
    );
    relay.wake();
    return eventId;
  }

  it('is listed, and sent when it is replayed', async () => {
    const eventId = await failRow();
    const { body } = await service.call('GET', '/operations/outbox');
    expect(body).toMatchObject({
      items: [{ eventId, type: 'BUCKET_DELETED', topic, attempts: 5, lastError: 'refused', state: 'failed', waitingRows: 0 }],
      next: null,
      counts: { failed: 1, waiting: 0, unsent: 0 },
    });
    expect(await service.call('POST', `/operations/outbox/${eventId}/replay`)).toEqual({
      status: 200,
      body: { eventId, state: 'waiting' },
    });
    await waitFor(async () => (await service.call('GET', '/operations/outbox')).body.counts.failed === 0, {
      description: 'no failed row',
    });
    await waitFor(async () => (await service.call('GET', `/operations/events/${eventId}`)).body.outbox[0]?.state === 'sent', {
      description: 'the row to be sent again',
    });
    expect(await service.call('POST', `/operations/outbox/${eventId}/replay`)).toMatchObject({
      status: 409,
      body: { state: 'not-failed' },
    });
  });

  it('is never sent when it is discarded', async () => {
    const eventId = await failRow();
    const answer = await service.call('POST', `/operations/outbox/${eventId}/discard`, { reason: 'a test' });
    expect(answer).toEqual({ status: 200, body: { eventId, state: 'discarded' } });
    expect((await service.call('GET', `/operations/events/${eventId}`)).body.outbox).toMatchObject([
      { state: 'discarded', topic },
    ]);
    expect((await service.call('GET', '/operations/audit?limit=1')).body.items).toMatchObject([
      { operator: 'test', action: 'outbox.discard', subject: eventId, detail: { reason: 'a test' } },
    ]);
  });
});

describe('a group', () => {
  it('is paused in every replica, keeps its lag in sight, and goes on where it was', async () => {
    const second = await bed.startReplica();
    await second.subscribe({ group, handlers });
    await waitFor(async () => (await groupNow()).members === 2, { description: 'both members', timeoutMs: 30_000 });
    expect(await groupNow()).toMatchObject({
      group,
      order: 'none',
      state: 'running',
      blockedKeys: 0,
      deadKeys: 0,
      parkedRecords: 0,
    });

    const askedAtMs = performance.now();
    expect(await service.call('POST', `/operations/groups/${group}/pause`)).toEqual({
      status: 200,
      body: { group, state: 'paused' },
    });
    await waitFor(async () => (await groupNow()).members === 0, { description: 'the members to leave' });
    expect(performance.now() - askedAtMs).toBeLessThan(4_000);
    await waitFor(() => isPausedOnPurpose(service), { description: 'the readiness to say so' });
    await service.readiness.get(`subscription ${group}`)?.();

    const eventId = await publishDeletion(service, { key: randomUUID(), name: 'later' });
    await waitFor(async () => (await groupNow()).lag === 1, { description: 'the lag' });
    expect(handled).not.toContain(eventId);
    await waitFor(async () => (await lagShown(service)) === 1, { description: 'the lag among the metrics' });
    const late = await bed.startReplica();
    await late.subscribe({ group, handlers });
    expect((await groupNow()).members).toBe(0);

    await service.call('POST', `/operations/groups/${group}/resume`);
    await waitFor(() => handled.includes(eventId), { description: 'the event', timeoutMs: 30_000 });
    await waitFor(async () => (await groupNow()).lag === 0, { description: 'no lag', timeoutMs: 30_000 });
    expect((await service.call('GET', '/operations/audit?limit=2')).body.items).toMatchObject([
      { action: 'group.resume', subject: group },
      { action: 'group.pause', subject: group },
    ]);
  }, 120_000);
});

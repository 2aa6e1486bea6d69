import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { testPrefix, waitFor } from '@throughline/testing';
import {
  createOperationsBed,
  type DeletionHandler,
  OPERATIONS_TOKEN,
  type OperationsBed,
  publishDeletion,
  type Replica,
} from '../../service/test/operations-bed.ts';

const PROGRAM = join(import.meta.dirname, '..', 'bin', 'throughline.cjs');
const topic = testPrefix('cli');
const group = `${topic}.group`;
const work = mkdtempSync(join(tmpdir(), 'throughline-cli-'));
const handled: string[] = [];
let isBroken = false;
let bed: OperationsBed;
let service: Replica;

const deletion: DeletionHandler = async ({ id }) => {
  if (isBroken) throw new Error('broken');
  handled.push(id);
};

beforeAll(async () => {
  bed = await createOperationsBed(topic);
  service = await bed.startReplica();
  await service.subscribe({ group, handlers: { BUCKET_DELETED: deletion } });
}, 60_000);

afterAll(async () => {
  await bed?.close();
  rmSync(work, { recursive: true, force: true });
});

/** The program as a person or a script calls it: a process of its own, without a terminal. */
async function throughline(...args: readonly string[]) {
  const env = { ...process.env, THROUGHLINE_URLS: service.url, THROUGHLINE_TOKEN: OPERATIONS_TOKEN, USER: 'mia' };
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, out, err, json: () => JSON.parse(out) };
}

async function makeDeadLetter(): Promise<{ eventId: string; dlqId: string }> {
  isBroken = true;
  const eventId = await publishDeletion(service, { key: randomUUID(), name: 'my-photos' });
  const dlqId = await waitFor(
    async () => (await throughline('dead-letters', 'list', '--event', eventId, '--json')).json().items[0]?.dlqId as string,
    { description: 'the dead letter' },
  );
  isBroken = false;
  return { eventId, dlqId };
}

const stateOf = async (dlqId: string) => (await throughline('dead-letters', 'show', dlqId, '--json')).json().state as string;

describe('throughline, against a service', () => {
  it('finds, shows and replays a dead letter, and the audit knows who did', async () => {
    const { eventId, dlqId } = await makeDeadLetter();
    const { code, out } = await throughline('dead-letters', 'show', dlqId);
    expect(code).toBe(0);
    expect(out).toMatch(/error +Error: broken/);
    expect(await throughline('dead-letters', 'replay', dlqId)).toMatchObject({ code: 0, err: '' });
    await waitFor(async () => (await stateOf(dlqId)) === 'resolved', { description: 'the dead letter to be resolved' });
    expect(handled).toContain(eventId);
    const { decisions } = (await throughline('dead-letters', 'show', dlqId, '--json')).json();
    expect(decisions).toMatchObject([{ operator: 'mia' }]);
  }, 60_000);

  it('replays all of a group and waits', async () => {
    const { eventId } = await makeDeadLetter();
    const { code, err, json } = await throughline('dead-letters', 'replay', '--group', group, '--wait', '--json');
    expect(code).toBe(0);
    expect(json()).toMatchObject({ kind: 'dead-letters', state: 'done', operator: 'mia' });
    expect(err).toContain('done');
    await waitFor(() => handled.includes(eventId), { description: 'the event' });
  }, 60_000);

  it('refuses an edit that breaks the contract, and discards only when it is told to', async () => {
    const { dlqId } = await makeDeadLetter();
    const edit = await throughline('dead-letters', 'edit', dlqId, '--value', '{"eventType":"BUCKET_DELETED"}');
    expect(edit.code).toBe(1);
    expect(edit.err).toContain('nothing was changed');
    expect((await throughline('dead-letters', 'discard', dlqId, '--reason', 'a test')).code).toBe(2);
    expect(await stateOf(dlqId)).toBe('waiting');
    expect((await throughline('dead-letters', 'discard', dlqId, '--reason', 'a test', '--yes')).code).toBe(0);
    expect((await throughline('dead-letters', 'replay', dlqId)).err).toContain('its state is discarded');
  }, 60_000);

  it('pauses a group and lets it go on', async () => {
    expect((await throughline('groups', 'pause', group, '--json')).json()).toEqual({ service: topic, group, state: 'paused' });
    const groupNow = async () => (await throughline('groups', 'lag', group, '--json')).json().items[0];
    await waitFor(async () => (await groupNow()).members === 0, { description: 'the member to leave' });
    const eventId = await publishDeletion(service, { key: randomUUID(), name: 'waits' });
    await waitFor(async () => (await groupNow()).lag === 1, { description: 'lag' });
    expect(handled).not.toContain(eventId);
    expect((await throughline('groups', 'resume', group)).code).toBe(0);
    await waitFor(() => handled.includes(eventId), { description: 'the event' });
  }, 60_000);

  it('shows the group as a queue', async () => {
    const eventId = await publishDeletion(service, { key: randomUUID(), name: 'queued' });
    await waitFor(() => handled.includes(eventId), { description: 'the event' });
    const queueNow = async () => (await throughline('queue', 'show', group, '--json')).json();
    const queue = await waitFor(
      async () => {
        const now = await queueNow();
        return now.approximateAgeOfOldestMessageSeconds === 0 && now;
      },
      { description: 'the queue to be empty' },
    );
    expect(queue).toMatchObject({ group, topics: [topic], approximateNumberOfMessages: 0, members: 1 });
    expect((await throughline('queue', 'list')).out).toContain(group);
  }, 60_000);

  it.each([
    [3, ['queue', 'show', 'none']],
    [3, ['dead-letters', 'show', randomUUID()]],
    [3, ['outbox', 'replay', randomUUID()]],
    [3, ['replay', 'cancel', randomUUID()]],
    [1, ['replay', 'start', '--group', group, '--from', '2026-01-06T10:00:00Z']],
    [1, ['dead-letters', 'show', 'no-uuid']],
    [2, ['journey', randomUUID()]],
    [0, ['outbox', 'list']],
    [0, ['replay', 'status']],
  ])('ends with %d for %j', async (code, args) => {
    expect(await throughline(...args)).toMatchObject({ code });
  });
});

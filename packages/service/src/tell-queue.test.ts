import { type ConsumerState, createInMemoryQueueMembers } from '@throughline/messaging';
import { createLogger } from '@throughline/telemetry';
import { waitFor } from '@throughline/testing';
import { tellQueue } from './tell-queue.ts';

const STATE: ConsumerState = {
  isJoined: true,
  inFlight: 0,
  pausedPartitions: 0,
  haltedPartitions: 0,
  queued: 0,
  finishedAhead: 0,
  lastProgressAtMs: 0,
  lag: undefined,
  dueLag: undefined,
};

function tell(countDeadLetters: () => Promise<number>) {
  const members = createInMemoryQueueMembers();
  const state = { inFlight: 1, finishedAhead: 0 };
  const telling = tellQueue({
    runtime: { logger: createLogger({ name: 'test', level: 'fatal' }) },
    running: { group: 'g', state: () => ({ ...STATE, ...state }) },
    members,
    countDeadLetters,
    intervalMs: 5,
    deadLetterIntervalMs: 5,
  });
  return { members, state, telling };
}

it('tells what a member has in hand again and again, under one name, until it leaves', async () => {
  const { members, state, telling } = tell(async () => 2);
  await waitFor(async () => (await members.members('g'))?.[0]?.inFlight === 1, { description: 'the first figures' });
  Object.assign(state, { inFlight: 7, finishedAhead: 40 });
  await waitFor(async () => (await members.members('g'))?.[0]?.inFlight === 7, { description: 'later figures' });
  expect(await members.members('g')).toEqual([{ inFlight: 7, finishedAhead: 40 }]);
  await waitFor(async () => (await members.deadLetters('g')) === 2, { description: 'the dead letters' });
  await telling.stop();
  expect(await members.members('g')).toEqual([]);
  expect(await members.deadLetters('g')).toBe(2);
});

it('goes on while dead letters cannot be counted', async () => {
  let isAway = true;
  const { members, telling } = tell(async () => {
    if (isAway) throw new Error('no database');
    return 4;
  });
  await waitFor(async () => (await members.members('g'))?.length === 1, { description: 'the figures' });
  expect(await members.deadLetters('g')).toBeUndefined();
  isAway = false;
  await waitFor(async () => (await members.deadLetters('g')) === 4, { description: 'the dead letters' });
  await telling.stop();
});

it('stops while a count hangs', async () => {
  const { members, telling } = tell(() => new Promise(() => undefined));
  await waitFor(async () => (await members.members('g'))?.length === 1, { description: 'the figures' });
  await telling.stop();
  expect(await members.members('g')).toEqual([]);
});

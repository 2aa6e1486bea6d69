import { inboxEntry } from '@throughline/testing';
import { createManualClock } from '../../test/manual-clock.ts';
import type { ParkedHead } from '../parking-lot.ts';
import { runParkedKeys } from './run-parked-keys.ts';
import type { HeadResult } from './try-parked-head.ts';

function headOf(position: string): ParkedHead {
  return { entry: inboxEntry(), position, attempts: 1, firstFailedAtMs: undefined, lastError: undefined, waiting: 1 };
}

describe('who looks after parked keys', () => {
  it('waits at its stop for what is in work, also when another head cannot be given back', async () => {
    const tries = new Map<string, (result: HeadResult) => void>();
    const errors: unknown[] = [];
    let isTaken = false;
    const runner = runParkedKeys({
      group: 'test.things',
      parking: {
        takeDue: async () => {
          if (isTaken) return [];
          isTaken = true;
          return [headOf('1'), headOf('2')];
        },
        nextDueAtMs: async () => undefined,
        giveBack: () => Promise.reject(new Error('away')),
      },
      tryHead: ({ position }) => new Promise((resolve) => tries.set(position, resolve)),
      clock: createManualClock(),
      concurrency: 2,
      leaseMs: 1_000,
      onError: (error) => errors.push(error),
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    await turn();
    let isStopped = false;
    const stopped = runner.stop(1_000).then(() => {
      isStopped = true;
    });
    tries.get('1')?.({ outcome: 'released', next: headOf('3') });
    await turn();
    expect([errors, isStopped]).toEqual([[new Error('away')], false]);
    tries.get('2')?.({ outcome: 'waits' });
    await stopped;
  });

  it('takes what is due of other keys after a hundred records of one', async () => {
    const keys = [
      { name: 'long', left: 250, dueAtMs: 1 },
      { name: 'short', left: 1, dueAtMs: 2 },
    ];
    const clock = createManualClock();
    const tried: string[] = [];
    const runner = runParkedKeys({
      group: 'test.things',
      parking: {
        takeDue: async () => {
          const [key] = keys.filter(({ left }) => left > 0).sort((a, b) => a.dueAtMs - b.dueAtMs);
          return key === undefined ? [] : [headOf(key.name)];
        },
        nextDueAtMs: async () => undefined,
        giveBack: async ({ position }, dueAtMs) => {
          for (const key of keys) if (key.name === position) key.dueAtMs = dueAtMs;
        },
      },
      tryHead: async ({ position }) => {
        tried.push(position);
        const key = keys.find(({ name }) => name === position);
        if (key !== undefined) key.left -= 1;
        return { outcome: 'released', next: key !== undefined && key.left > 0 ? headOf(position) : undefined };
      },
      clock,
      concurrency: 1,
      leaseMs: 1_000,
      onError: () => {},
    });
    for (let turn = 0; turn < 10; turn += 1) await clock.advance(10);
    expect(tried.indexOf('short')).toBe(100);
    expect(tried).toHaveLength(251);
    await runner.stop(0);
  });
});

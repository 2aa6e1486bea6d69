import { createRecordScheduler } from '@throughline/messaging';
import { Assignment, type OwnedPartition } from './assignment.ts';
import { toConsumerState } from './consumer-state.ts';

const NOW_MS = 1_700_000_000_000;

/** Partitions 0, 1, 2 of a topic, each with one record in work and nine behind; those of the retry topic are not due. */
function setUp() {
  const scheduler = createRecordScheduler({
    handle: () => new Promise(() => {}),
    concurrency: 10,
    dueAtMs: ({ topic }) => (topic === 'retry' ? Number.MAX_SAFE_INTEGER : undefined),
    clock: { nowMs: () => NOW_MS, after: () => () => {} },
  });
  const assignment = new Assignment(scheduler);
  assignment.replace({ things: [0, 1], retry: [0] });
  for (const owned of assignment.all()) {
    const { topic, partition, work } = owned;
    work.window.startAt(0n);
    work.add([{ topic, partition, offset: 0n, key: null, value: null, headers: {}, timestampMs: NOW_MS - 5000 }]);
    owned.highWatermark = 10n;
  }
  const halted = assignment.get('things', 1) as OwnedPartition;
  return { scheduler, assignment, halted };
}

describe('toConsumerState', () => {
  it('tells the lag of what should get on apart: without what is halted or not due', () => {
    const { scheduler, assignment, halted } = setUp();
    halted.isHalted = true;
    const state = toConsumerState(assignment.all(), scheduler, true);
    expect([state.lag, state.dueLag, state.pausedPartitions, state.haltedPartitions]).toEqual([30n, 10n, 1, 1]);
  });

  it('shows a halted partition as old as its halt, also when nothing of it was fetched', () => {
    const { scheduler, assignment } = setUp();
    assignment.replace({ others: [3] });
    const [owned] = assignment.all() as [OwnedPartition];
    owned.highWatermark = 10n;
    owned.isHalted = true;
    owned.haltedAtMs = NOW_MS - 60_000;
    expect(toConsumerState(assignment.all(), scheduler, true).topics?.get('others')?.oldestTimestampMs).toBe(NOW_MS - 60_000);
  });

  it('counts what is done behind a record that is not', async () => {
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<readonly []>());
    const scheduler = createRecordScheduler({
      handle: async ([record]) => gates[Number(record?.offset)]?.promise ?? [],
      concurrency: 10,
    });
    const assignment = new Assignment(scheduler);
    assignment.replace({ things: [0] });
    const [{ topic, partition, work }] = assignment.all() as [OwnedPartition];
    work.window.startAt(0n);
    const record = { topic, partition, key: null, value: null, headers: {}, timestampMs: NOW_MS };
    work.add([0n, 1n, 2n, 3n].map((offset) => ({ ...record, offset })));
    const ahead = () => {
      const { inFlight, finishedAhead } = toConsumerState(assignment.all(), scheduler, true);
      return { inFlight, finishedAhead };
    };
    const finish = async (...offsets: number[]) => {
      for (const offset of offsets) gates[offset]?.resolve([]);
      await new Promise((resolve) => setImmediate(resolve));
    };
    expect(ahead()).toEqual({ inFlight: 4, finishedAhead: 0 });
    await finish(1, 3);
    expect(ahead()).toEqual({ inFlight: 2, finishedAhead: 2 });
    await finish(0);
    expect(ahead()).toEqual({ inFlight: 1, finishedAhead: 1 });
    await finish(2);
    expect(ahead()).toEqual({ inFlight: 0, finishedAhead: 0 });
  });

  it('knows no lag before anything is known', () => {
    const { scheduler, assignment } = setUp();
    assignment.replace({});
    expect(toConsumerState(assignment.all(), scheduler, true)).toMatchObject({ lag: undefined, dueLag: undefined });
  });
});

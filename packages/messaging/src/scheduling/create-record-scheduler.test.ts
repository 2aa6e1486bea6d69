import { controlled, record } from '../../test/controlled-handler.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import type { IncomingRecord } from '../record.ts';
import { createRecordScheduler } from './create-record-scheduler.ts';

describe('createRecordScheduler', () => {
  it('runs different keys side by side and one key in order', async () => {
    const { handle, begun, settle } = controlled();
    const partition = createRecordScheduler({ handle, concurrency: 10 }).assign('things', 0);
    partition.add([record(0, 'a'), record(1, 'a'), record(2, 'b'), record(3, null), record(4, null)]);
    expect(begun).toEqual(['0/0', '0/2', '0/3', '0/4']);
    await settle('0/0');
    expect(begun).toEqual(['0/0', '0/2', '0/3', '0/4', '0/1']);
  });

  it('has no more in work than it may', async () => {
    const { handle, begun, settle } = controlled();
    const scheduler = createRecordScheduler({ handle, concurrency: 2 });
    scheduler.assign('things', 0).add([record(0, 'a'), record(1, 'b'), record(2, 'c')]);
    expect([begun.length, scheduler.inFlight, scheduler.queued]).toEqual([2, 2, 1]);
    await settle('0/1');
    expect(begun).toEqual(['0/0', '0/1', '0/2']);
  });

  it('may commit up to the first record that is not done', async () => {
    const { handle, settle } = controlled();
    const { window, add } = createRecordScheduler({ handle, concurrency: 10 }).assign('things', 0);
    window.startAt(10n);
    expect(window.committable).toBeUndefined();
    add([record(10, 'a'), record(12, 'b'), record(15, 'c')]);
    await settle('0/12');
    expect(window.committable).toBe(10n);
    await settle('0/10');
    expect(window.committable).toBe(15n);
    await settle('0/15');
    expect(window.committable).toBe(16n);
    window.advanceTo(20n);
    expect(window.committable).toBe(20n);
  });

  it('gives a rejected record again after a growing wait, its key waiting and others going on', async () => {
    const clock = createManualClock();
    const { handle, begun, settle } = controlled();
    const scheduler = createRecordScheduler({
      handle,
      concurrency: 1,
      clock,
      random: () => 0.999_999,
    });
    scheduler.assign('things', 0).add([record(0, 'a'), record(1, 'a'), record(2, 'b')]);
    await settle('0/0', 'reject');
    expect(begun).toEqual(['0/0']);
    await clock.advance(200);
    expect(begun).toEqual(['0/0', '0/2']);
    await settle('0/2');
    expect(begun).toHaveLength(3);
    for (const waitMs of [400, 800, 1600]) {
      await settle('0/0', 'reject');
      const before = begun.length;
      await clock.advance(waitMs - 1);
      expect(begun).toHaveLength(before);
      await clock.advance(1);
      expect(begun).toHaveLength(before + 1);
    }
    await settle('0/0');
    expect(begun).toEqual(['0/0', '0/2', '0/0', '0/0', '0/0', '0/0', '0/1']);
  });

  it('does not burn through what waits while everything is rejected, and tells of it once a second', async () => {
    const clock = createManualClock();
    let isAway = true;
    let calls = 0;
    const handled = new Set<string>();
    const told: number[] = [];
    const scheduler = createRecordScheduler({
      handle: async ([each]) => {
        calls += 1;
        if (isAway || each === undefined) throw new Error('away');
        handled.add(`${each.partition}/${each.offset}`);
        return [];
      },
      concurrency: 32,
      clock,
      onRejected: (_, __, { rejections }) => told.push(rejections),
    });
    for (let partition = 0; partition < 6; partition += 1) {
      const records = Array.from({ length: 1000 }, (_, offset) => record(offset, `${partition}/${offset}`, partition));
      scheduler.assign('things', partition).add(records);
    }
    await clock.advance(0);
    expect(calls).toBe(32);
    await clock.advance(1000);
    expect(calls).toBeGreaterThan(32);
    expect(calls).toBeLessThan(45);
    expect(told.length).toBeLessThanOrEqual(2);
    await clock.advance(60_000);
    expect(calls).toBeLessThan(80);
    expect(calls - told.reduce((sum, each) => sum + each, 0)).toBeLessThan(5);
    isAway = false;
    await clock.advance(30_000);
    expect(handled.size).toBe(6000);
  });

  it('after a rejection begins one as a probe, and with each that ends well twice as many', async () => {
    const clock = createManualClock();
    const { handle, begun, settle } = controlled();
    const scheduler = createRecordScheduler({ handle, concurrency: 4, clock, random: () => 0.999_999 });
    scheduler.assign('things', 0).add(Array.from({ length: 12 }, (_, offset) => record(offset, null)));
    await settle('0/0', 'reject');
    await settle('0/1', 'reject');
    await clock.advance(199);
    expect(begun).toHaveLength(4);
    await clock.advance(1);
    expect(begun.slice(4)).toEqual(['0/4']);
    await settle('0/2');
    expect(begun.slice(5)).toEqual([]);
    await settle('0/4');
    expect(begun.slice(5)).toEqual(['0/0', '0/5']);
    await settle('0/5');
    expect(begun.slice(7)).toEqual(['0/1', '0/6']);
    await settle('0/3');
    expect(begun.slice(9)).toEqual(['0/7']);
  });

  it('never waits longer than 30 s', async () => {
    const clock = createManualClock();
    const waits: number[] = [];
    const scheduler = createRecordScheduler({
      handle: () => Promise.reject(new Error('no')),
      concurrency: 1,
      clock,
      onRejected: (_, __, { delayMs }) => waits.push(delayMs),
    });
    scheduler.assign('things', 0).add([record(0, 'a')]);
    for (let round = 0; round < 20; round += 1) await clock.advance(30_000);
    expect(waits.length).toBeGreaterThan(15);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
  });

  it('holds a partition while its next record is not due', async () => {
    const clock = createManualClock();
    const { handle, begun } = controlled();
    const changes: boolean[] = [];
    const dueAtMs = ({ offset }: IncomingRecord) => 1_000_000 + Number(offset) * 100;
    const scheduler = createRecordScheduler({
      handle,
      concurrency: 10,
      clock,
      dueAtMs,
      onChange: ({ isHeld }) => changes.push(isHeld),
    });
    const partition = scheduler.assign('things', 0);
    partition.add([record(0, 'a'), record(1, 'b'), record(2, 'c')]);
    expect([begun, partition.isHeld]).toEqual([['0/0'], true]);
    await clock.advance(100);
    expect([begun, partition.isHeld]).toEqual([['0/0', '0/1'], true]);
    await clock.advance(100);
    expect([begun, partition.isHeld]).toEqual([['0/0', '0/1', '0/2'], false]);
    expect(changes).toEqual([true, false]);
  });

  it('ignores what is already queued when it is fetched again', () => {
    const { handle, begun } = controlled();
    const partition = createRecordScheduler({ handle, concurrency: 10 }).assign('things', 0);
    partition.add([record(0, null), record(1, null)]);
    partition.add([record(1, null), record(2, null)]);
    expect(begun).toEqual(['0/0', '0/1', '0/2']);
  });

  it('aborts the work of a partition that is lost, begins none of its records and drops its completions', async () => {
    const { handle, begun, running, settle } = controlled();
    const scheduler = createRecordScheduler({ handle, concurrency: 1 });
    const lost = scheduler.assign('things', 0);
    lost.add([record(0, 'a'), record(1, 'b')]);
    const kept = scheduler.assign('things', 1);
    kept.add([record(0, 'c', 1)]);
    lost.revoke();
    expect(running.get('0/0')?.context.signal.aborted).toBe(true);
    expect(scheduler.queued).toBe(1);
    await settle('0/0');
    expect(lost.window.committable).toBe(0n);
    expect(begun).toEqual(['0/0', '1/0']);
  });

  it('does not begin a key again while its former work still runs', async () => {
    const { handle, begun, settle } = controlled();
    const scheduler = createRecordScheduler({ handle, concurrency: 10 });
    const before = scheduler.assign('things', 0);
    before.add([record(0, 'a')]);
    before.revoke();
    scheduler.assign('things', 0).add([record(0, 'a')]);
    expect(begun).toEqual(['0/0']);
    await settle('0/0');
    expect(begun).toEqual(['0/0', '0/0']);
  });

  it('drains: begins nothing new, and aborts what is not done at the deadline', async () => {
    const { handle, begun, running, settle } = controlled();
    const scheduler = createRecordScheduler({ handle, concurrency: 1 });
    scheduler.assign('things', 0).add([record(0, 'a'), record(1, 'b')]);
    const drained = scheduler.drain(10_000);
    await settle('0/0');
    expect(await drained).toBe(true);
    expect(begun).toEqual(['0/0']);

    const stuck = createRecordScheduler({ handle, concurrency: 1 });
    stuck.assign('things', 2).add([record(5, 'a', 2)]);
    expect(await stuck.drain(5)).toBe(false);
    expect(running.get('2/5')?.context.signal.aborted).toBe(true);
  });
});

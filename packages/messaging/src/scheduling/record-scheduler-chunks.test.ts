import { controlled, record, unfinished } from '../../test/controlled-handler.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { createRecordScheduler } from './create-record-scheduler.ts';
import type { RecordSchedulerOptions } from './record-scheduler.ts';

function setUp(options: Partial<RecordSchedulerOptions> = {}) {
  const clock = createManualClock();
  const handler = controlled();
  const { handle } = handler;
  const scheduler = createRecordScheduler({
    handle,
    concurrency: 2,
    maxChunkRecords: () => 3,
    clock,
    random: () => 0.999_999,
    ...options,
  });
  return { ...handler, clock, scheduler };
}

const keys = (...names: (string | null)[]) => names.map((key, offset) => record(offset, key));

describe('chunks of the record scheduler', () => {
  it('begin at once with what is there, and grow only while all slots are busy', async () => {
    const { scheduler, begun, settle } = setUp({ concurrency: 1 });
    const partition = scheduler.assign('things', 0);
    partition.add([record(0, 'a')]);
    expect(begun).toEqual(['0/0']);
    partition.add([record(1, 'b'), record(2, 'c')]);
    partition.add([record(3, 'd'), record(4, 'e')]);
    await settle('0/0');
    expect(begun).toEqual(['0/0', '0/1 0/2 0/3']);
  });

  it('have several records of one key in order, and none of a key that is in another chunk', async () => {
    const { scheduler, begun, settle } = setUp();
    scheduler.assign('things', 0).add(keys('a', 'b', 'a', 'a', 'c', 'b', null, 'd'));
    expect(begun).toEqual(['0/0 0/1 0/2', '0/4 0/6 0/7']);
    await settle('0/4 0/6 0/7');
    expect(begun).toHaveLength(2);
    await settle('0/0 0/1 0/2');
    expect(begun.slice(2)).toEqual(['0/3 0/5']);
  });

  it('are of one partition, and partitions take turns', async () => {
    const { scheduler, begun, settle } = setUp({ concurrency: 1 });
    const add = (partition: number) =>
      scheduler.assign('things', partition).add(Array.from({ length: 6 }, (_, offset) => record(offset, null, partition)));
    add(0);
    add(1);
    add(2);
    for (let chunk = 0; chunk < 5; chunk += 1) await settle(begun[chunk] ?? '');
    expect(begun.map((names) => names[0])).toEqual(['0', '0', '1', '2', '1', '2']);
  });

  it('ask for their size each time', async () => {
    let size = 1;
    const { scheduler, begun, settle } = setUp({ concurrency: 1, maxChunkRecords: () => size });
    scheduler.assign('things', 0).add(keys('a', 'b', 'c', 'd'));
    size = 2;
    await settle('0/0');
    expect(begun).toEqual(['0/0', '0/1 0/2']);
  });

  it('let keys go on, offsets be committed and count no more what is said to be done', async () => {
    const { scheduler, begun, running, settle } = setUp();
    const partition = scheduler.assign('things', 0);
    partition.add(keys('a', 'b', 'c', 'a'));
    const chunk = running.get('0/0 0/1 0/2');
    chunk?.context.finish(chunk.records.slice(0, 2));
    expect(begun).toEqual(['0/0 0/1 0/2', '0/3']);
    expect([partition.window.committable, scheduler.inFlight]).toEqual([2n, 2]);
    await settle('0/0 0/1 0/2');
    expect([partition.window.committable, scheduler.inFlight]).toEqual([3n, 1]);
    chunk?.context.finish([record(3, 'a')]);
    expect(partition.window.committable).toBe(3n);
  });

  it('give what is not done again in front of later ones of its key, the others being done', async () => {
    const { scheduler, begun, settle, clock } = setUp({ concurrency: 1 });
    const partition = scheduler.assign('things', 0);
    partition.add(keys('a', 'b', 'b', 'b'));
    await settle('0/0 0/1 0/2', unfinished(['b']));
    expect([partition.window.committable, scheduler.queued, scheduler.inFlight]).toEqual([1n, 3, 0]);
    await clock.advance(200);
    expect(begun[1]).toBe('0/1');
    await settle('0/1');
    expect(begun[2]).toBe('0/2 0/3');
    await settle('0/2 0/3');
    expect(partition.window.committable).toBe(4n);
  });

  it('hold up only its key when a record asks for a time; the others go on at once', async () => {
    const { scheduler, begun, settle, clock } = setUp({ concurrency: 1 });
    scheduler.assign('things', 0).add(keys('a', 'b', null, 'a', 'c'));
    await settle('0/0 0/1 0/2', unfinished(['a', 'null'], 500));
    expect(begun[1]).toBe('0/4');
    await settle('0/4');
    await clock.advance(499);
    expect(begun).toHaveLength(2);
    await clock.advance(1);
    expect(begun[2]).toBe('0/0 0/2 0/3');
  });

  it('grow again after a probe: one record, then twice as many', async () => {
    const { scheduler, begun, settle, clock } = setUp({ concurrency: 1, maxChunkRecords: () => 8 });
    scheduler.assign('things', 0).add(Array.from({ length: 30 }, (_, offset) => record(offset, null)));
    await settle(begun[0] ?? '', 'reject');
    await clock.advance(200);
    for (let chunk = 1; chunk < 5; chunk += 1) await settle(begun[chunk] ?? '');
    expect(begun.map((names) => names.split(' ').length)).toEqual([8, 1, 2, 4, 8, 8]);
  });

  it('are dropped with a lost partition, whose keys wait for the end of their former work', async () => {
    const { scheduler, begun, settle, clock } = setUp();
    const lost = scheduler.assign('things', 0);
    lost.add(keys('a', 'b', 'c', 'a', 'd'));
    await settle('0/4', unfinished(['d'], 100));
    lost.revoke();
    expect(scheduler.queued).toBe(0);
    scheduler.assign('things', 0).add(keys('a', 'd'));
    await clock.advance(100);
    expect(begun).toEqual(['0/0 0/1 0/2', '0/4', '0/1']);
    await settle('0/0 0/1 0/2', unfinished(['a', 'b', 'c']));
    await clock.advance(0);
    expect(begun.slice(3)).toEqual(['0/0']);
    expect(lost.window.committable).toBe(0n);
  });

  it('have one record at least, whatever their size is said to be', async () => {
    for (const size of [0, -1, Number.NaN]) {
      const { scheduler, begun, settle } = setUp({ concurrency: 1, maxChunkRecords: () => size });
      scheduler.assign('things', 0).add(keys('a', 'b'));
      await settle('0/0');
      expect(begun).toEqual(['0/0', '0/1']);
    }
  });

  it('take no notice of records that are not theirs, and of what is said twice or too late', async () => {
    const { scheduler, begun, running, settle, clock } = setUp({ concurrency: 1 });
    const partition = scheduler.assign('things', 0);
    partition.add(keys('a', 'b', 'c', 'a', 'd'));
    const chunk = running.get('0/0 0/1 0/2');
    const foreign = [record(1, 'b', 1), { ...record(1, 'b'), topic: 'others' }, record(3, 'a'), record(77, 'b')];
    chunk?.context.finish([...foreign, record(0, 'a'), record(0, 'a')]);
    expect([partition.window.committable, scheduler.inFlight]).toEqual([1n, 2]);
    const again = { error: new Error('no'), retryAfterMs: 10 };
    await settle('0/0 0/1 0/2', ({ records }) =>
      [...foreign, ...records, ...records].map((each) => ({ record: each, ...again })),
    );
    expect([begun.at(-1), partition.window.committable, scheduler.inFlight]).toEqual(['0/3 0/4', 1n, 2]);
    await clock.advance(10);
    chunk?.context.finish(chunk.records);
    await settle('0/3 0/4');
    expect(begun.at(-1)).toBe('0/1 0/2');
    expect(partition.window.committable).toBe(1n);
    await settle('0/1 0/2');
    expect([partition.window.committable, scheduler.inFlight, scheduler.queued]).toEqual([5n, 0, 0]);
  });

  it('of a lost partition do not hold up the start of others when they ask for a time or fail', async () => {
    for (const retryAfterMs of [100, undefined]) {
      const { scheduler, begun, settle, clock } = setUp({ concurrency: 1 });
      const lost = scheduler.assign('things', 0);
      lost.add(keys('a'));
      lost.revoke();
      scheduler.assign('things', 1).add([record(0, 'b', 1)]);
      await settle('0/0', unfinished(['a'], retryAfterMs));
      expect(begun).toEqual(['0/0', '1/0']);
      scheduler.assign('things', 0).add(keys('a'));
      await settle('1/0');
      await clock.advance(0);
      expect(begun).toEqual(['0/0', '1/0', '0/0']);
    }
  });
});

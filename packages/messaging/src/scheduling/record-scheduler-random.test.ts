import fc from 'fast-check';
import { record } from '../../test/controlled-handler.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import type { ChunkContext, UnfinishedRecord } from '../messaging-driver.ts';
import type { IncomingRecord } from '../record.ts';
import { createRecordScheduler } from './create-record-scheduler.ts';
import type { AssignedPartition } from './record-scheduler.ts';

type Step = readonly [kind: 'done' | 'throw' | 'late' | 'early' | 'revoke' | 'hold' | 'time', pick: number];

/** What was done in one assignment of the partition. */
interface Journal {
  readonly done: Set<number>;
  readonly lastOfKey: Map<string, number>;
}

interface Partition {
  readonly assigned: AssignedPartition;
  readonly journal: Journal;
}

interface Running {
  readonly open: Set<IncomingRecord>;
  /** Of its partition's assignment when it began. */
  readonly journal: Journal;
  readonly context: ChunkContext;
  readonly resolve: (unfinished: readonly UnfinishedRecord[]) => void;
  readonly reject: (error: Error) => void;
}

describe('the record scheduler, whatever happens to its chunks', () => {
  const kinds = fc.constantFrom<Step[0]>('done', 'done', 'throw', 'late', 'early', 'revoke', 'hold', 'time');

  it('does each record once an assignment, keeps keys in order and in one chunk, and lets nothing undone be committed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd', null), { minLength: 1, maxLength: 40 }),
        fc.array(fc.tuple(kinds, fc.nat(1000)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 3 }),
        async (keys, steps, concurrency, size, partitions) => {
          const run = createRun(keys, { concurrency, size, partitions });
          for (const step of steps) await run.take(step);
          await run.end();
          expect(run.faults).toEqual([]);
          expect(run.doneCount()).toBe(keys.length);
          expect(run.committable()).toBe(BigInt(keys.length));
          expect(run.left()).toEqual({ inFlight: 0, queued: 0 });
        },
      ),
      { numRuns: 300 },
    );
  });
});

interface RunOptions {
  readonly concurrency: number;
  readonly size: number;
  readonly partitions: number;
}

/** Partitions that share keys and are lost and assigned again at will; what breaks a promise is noted as a fault. */
function createRun(keys: readonly (string | null)[], { concurrency, size, partitions: count }: RunOptions) {
  const clock = createManualClock();
  const chunks: Running[] = [];
  const faults: string[] = [];
  let isHeld = false;
  const scheduler = createRecordScheduler({
    concurrency,
    maxChunkRecords: () => size,
    clock,
    random: () => 0.5,
    handle: (records, context) => {
      if (records.length > size) faults.push(`${records.length} records in a chunk`);
      faults.push(...chunks.flatMap(({ open }) => sharedKeys(records, open)));
      const offsets = records.map(({ offset }) => offset);
      if (offsets.some((offset, index) => offset <= (offsets[index - 1] ?? -1n))) faults.push(`not in order: ${offsets}`);
      if (isHeld) faults.push('begun while nothing should');
      if (new Set(records.map(({ partition }) => partition)).size > 1) faults.push('a chunk of two partitions');
      const { journal } = partitions[records[0]?.partition ?? 0] as Partition;
      return new Promise((resolve, reject) => chunks.push({ open: new Set(records), journal, context, resolve, reject }));
    },
  });
  const partitions: Partition[] = [];
  const assign = (partition: number) => {
    const assigned = scheduler.assign('things', partition);
    partitions[partition] = { assigned, journal: newJournal() };
    const mine = keys.filter((_, index) => index % count === partition);
    assigned.add(mine.map((key, offset) => record(offset, key, partition)));
  };
  const hold = (held: boolean) => {
    isHeld = held;
    if (held) scheduler.hold();
    else scheduler.resume();
  };
  const doneCount = () => partitions.reduce((sum, { journal }) => sum + journal.done.size, 0);
  for (let partition = 0; partition < count; partition += 1) assign(partition);
  const markDone = (chunk: Running, records: readonly IncomingRecord[]) => {
    for (const each of records) {
      chunk.open.delete(each);
      faults.push(...note(chunk.journal, each));
    }
  };
  const finish = (chunk: Running, unfinished: readonly UnfinishedRecord[]) => {
    chunks.splice(chunks.indexOf(chunk), 1);
    const left = new Set(unfinished.map((each) => each.record));
    markDone(
      chunk,
      [...chunk.open].filter((each) => !left.has(each)),
    );
    chunk.resolve(unfinished);
  };
  const settle = (chunk: Running, kind: Step[0], pick: number) => {
    const records = [...chunk.open];
    const at = pick % Math.max(1, records.length);
    if (kind === 'done') finish(chunk, []);
    else if (kind === 'late')
      finish(
        chunk,
        records.slice(at).map((each) => toUnfinished(each, pick)),
      );
    else if (kind === 'early') {
      markDone(chunk, records.slice(0, at));
      chunk.context.finish(records.slice(0, at));
    } else {
      chunks.splice(chunks.indexOf(chunk), 1);
      chunk.reject(new Error('away'));
    }
  };
  return {
    faults,
    doneCount,
    committable: () => partitions.reduce((sum, { assigned }) => sum + (assigned.window.committable ?? 0n), 0n),
    left: () => ({ inFlight: scheduler.inFlight, queued: scheduler.queued }),
    take: async ([kind, pick]: Step) => {
      const chunk = chunks[pick % Math.max(1, chunks.length)];
      if (kind === 'revoke') {
        partitions[pick % count]?.assigned.revoke();
        assign(pick % count);
      } else if (kind === 'hold') hold(!isHeld);
      else if (kind === 'time') await clock.advance(pick);
      else if (chunk !== undefined) settle(chunk, kind, pick);
      await clock.advance(0);
      for (const { assigned, journal } of partitions) {
        const { committable = 0n } = assigned.window;
        for (let offset = 0; offset < committable; offset += 1)
          if (!journal.done.has(offset)) faults.push(`${offset} was not done`);
      }
    },
    end: async () => {
      hold(false);
      for (let round = 0; round < 200 && (doneCount() < keys.length || chunks.length > 0); round += 1) {
        for (const chunk of [...chunks]) finish(chunk, []);
        await clock.advance(40_000);
      }
    },
  };
}

function newJournal(): Journal {
  return { done: new Set(), lastOfKey: new Map() };
}

function toUnfinished(each: IncomingRecord, pick: number): UnfinishedRecord {
  return { record: each, error: new Error('no'), ...(pick % 2 === 0 && { retryAfterMs: pick }) };
}

function sharedKeys(records: readonly IncomingRecord[], open: ReadonlySet<IncomingRecord>): string[] {
  const taken = new Set([...open].map(({ key }) => key?.toString()));
  return records.flatMap(({ key }) => (key !== null && taken.has(key.toString()) ? [`${key} is in two chunks`] : []));
}

function note({ done, lastOfKey }: Journal, { offset, key }: IncomingRecord): string[] {
  const faults: string[] = [];
  const number = Number(offset);
  if (done.has(number)) faults.push(`${number} was done twice`);
  done.add(number);
  if (key === null) return faults;
  if ((lastOfKey.get(String(key)) ?? -1) > number) faults.push(`${number} was overtaken`);
  lastOfKey.set(String(key), number);
  return faults;
}

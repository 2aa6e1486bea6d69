import fc from 'fast-check';
import { batchOf, changed, oneRecord, withFlags } from '../../test/fetch-response.ts';
import { readRecordBatches } from './read-record-batches.ts';

const CRC = 17;
const LAST_OFFSET_DELTA = 23;
const MAX_TIMESTAMP = 35;
const COUNT = 57;
const LOG_APPEND_TIME = 0x08;
const CONTROL = 0x20;
const [ABORT, COMMIT] = [0, 1];

type Aborted = readonly (readonly [producerId: number, firstOffset: number])[];

function read(batches: readonly Buffer[], aborted: Aborted = []) {
  const transactions = aborted.map(([producerId, firstOffset]) => ({
    producerId: BigInt(producerId),
    firstOffset: BigInt(firstOffset),
  }));
  return readRecordBatches({ topic: 'things', partition: 0, bytes: Buffer.concat(batches) }, transactions);
}

/** Offsets of what is passed on, and how far kafkajs gets. */
function passedOn(batches: readonly Buffer[], aborted?: Aborted) {
  const messages = read(batches, aborted);
  return {
    offsets: messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset)),
    last: Number(messages.at(-1)?.offset),
  };
}

async function marker(offset: number, producerId: number, type: number): Promise<Buffer> {
  const key = Buffer.from([0, 0, 0, type]);
  return withFlags(
    await batchOf({ records: [{ ...oneRecord, key }], firstOffset: offset, producerId, transactional: true }),
    CONTROL,
  );
}

describe('readRecordBatches', () => {
  it('leaves out a batch that is cut off at the end', async () => {
    const whole = await batchOf({ records: [oneRecord] });
    for (const length of [1, 12, 17, 61, whole.length - 1]) {
      expect(read([whole, whole.subarray(0, length)])).toHaveLength(1);
    }
  });

  it('takes the time of the log where that counts', async () => {
    const sent = withFlags(await batchOf({ records: [{ ...oneRecord, timestampDelta: 5 }] }), LOG_APPEND_TIME);
    changed(sent, () => sent.writeBigInt64BE(1_795_000_000_000n, MAX_TIMESTAMP));
    expect(read([sent])[0]?.timestamp).toBe('1795000000000');
  });

  it('leaves out aborted transactions, also several at once, and control records', async () => {
    const mine = (firstOffset: number, producerId: number) =>
      batchOf({ records: [{ ...oneRecord, key: Buffer.alloc(4) }], firstOffset, producerId, transactional: true });
    const log = [
      await mine(10, 2),
      await mine(11, 1),
      await mine(12, 3),
      await batchOf({ records: [oneRecord], firstOffset: 13, producerId: 1 }),
      await marker(14, 1, ABORT),
      await mine(15, 2),
      await marker(16, 3, COMMIT),
      await mine(17, 1),
      await marker(18, 2, ABORT),
    ];
    const aborted = [
      [1, 9],
      [2, 8],
    ] as const;
    expect(passedOn(log, aborted)).toEqual({ offsets: [12, 13, 17], last: 18 });
    expect(passedOn(log.slice(0, 3), aborted)).toEqual({ offsets: [12], last: 12 });
    expect(passedOn(log.slice(0, 2), aborted)).toEqual({ offsets: [], last: 11 });
  });

  it('gets over what compaction has left of a batch, also when that is nothing', async () => {
    const cleaned = changed(await batchOf({ records: [oneRecord], firstOffset: 5 }), (batch) =>
      batch.writeInt32BE(4, LAST_OFFSET_DELTA),
    );
    expect(passedOn([cleaned])).toEqual({ offsets: [5], last: 9 });
    const emptied = changed((await batchOf({ records: [oneRecord], firstOffset: 5 })).subarray(0, 61), (batch) => {
      batch.writeInt32BE(batch.length - 12, 8);
      batch.writeInt32BE(4, LAST_OFFSET_DELTA);
      batch.writeInt32BE(0, COUNT);
    });
    expect(passedOn([emptied])).toEqual({ offsets: [], last: 9 });
    expect(passedOn([emptied, await batchOf({ records: [oneRecord], firstOffset: 10 })])).toEqual({ offsets: [10], last: 10 });
  });

  it('refuses what is not as it was written', async () => {
    const whole = await batchOf({ records: [{ ...oneRecord, value: Buffer.alloc(100) }] });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: CRC, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const broken = Buffer.from(whole);
        broken.writeUInt8(broken.readUInt8(at) ^ change, at);
        expect(() => passedOn([broken])).toThrow('corrupt batch of records in things/0 at offset 0');
      }),
    );
    const short = Buffer.from(whole);
    short.writeInt32BE(-12, 8);
    expect(() => passedOn([short])).toThrow('corrupt batch');
    const longer = changed(Buffer.from(whole), (batch) => batch.writeInt8(batch.readInt8(61) + 2, 61));
    expect(() => passedOn([longer])).toThrow('corrupt record');
  });
});

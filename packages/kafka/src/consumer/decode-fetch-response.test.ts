import { createRequire } from 'node:module';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import fetchOfKafkajs from 'kafkajs/src/protocol/requests/fetch/index.js';
import { batchOf, oneRecord, responseOf } from '../../test/fetch-response.ts';
import { crc32c } from '../crc32c.ts';
import { decodeFetchResponse, type FetchResponse } from './decode-fetch-response.ts';
import { UnsupportedBatch } from './record-batch.ts';
import { repairFetchDecoding } from './repair-fetch-decoding.ts';
import { toIncomingRecords } from './to-incoming-record.ts';

const load = createRequire(import.meta.url);
const kafkajs = load('kafkajs/src/protocol/requests/fetch/v11/response.js') as { decode(bytes: Buffer): Promise<FetchResponse> };
const [GZIP, SNAPPY, LZ4, ZSTD] = [1, 2, 3, 4] as const;
/** Where the parts of a batch begin. */
const [LENGTH_END, CRC, ATTRIBUTES, RECORDS] = [12, 17, 21, 61] as const;

describe('decodeFetchResponse', () => {
  /** kafkajs takes what every object has, `toString` for one, for a header that came before. */
  const isPlainName = (name: string) => !(name in {});
  const bytes = fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each));
  const header = fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 2, maxLength: 3 }));
  const records = fc.array(
    fc.record({
      key: fc.option(bytes),
      value: fc.option(bytes),
      headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 70 }).filter(isPlainName), header, { maxKeys: 6 }),
      timestampDelta: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    }),
    { minLength: 1, maxLength: 20 },
  );

  it('reads the same as kafkajs of whatever records', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(records, { maxLength: 3 }), fc.nat(2 ** 40), async (batches, firstOffset) => {
        const sent = await Promise.all(
          batches.map((batch, index) =>
            batchOf({
              records: batch.map((record, offsetDelta) => ({ ...record, offsetDelta: offsetDelta * 1000 })),
              firstOffset: firstOffset + index * 100_000,
            }),
          ),
        );
        const partitions = [
          { partition: 4, bytes: Buffer.concat(sent), aborted: [[9, 3]] as const },
          { partition: 5, bytes: Buffer.alloc(0) },
          { partition: 6, bytes: sent[0] ?? Buffer.alloc(0) },
        ];
        const response = responseOf(partitions, ['things', 'others']);
        expect(shown(decodeFetchResponse(response))).toEqual(shown(await kafkajs.decode(response)));
      }),
      { numRuns: 100 },
    );
  });

  it('gives records as the port has them, with their size in the log', async () => {
    const sent = await batchOf({ records: [{ ...oneRecord, headers: { a: ['1', '2'] } }], firstOffset: 41 });
    const [partition] = decodeFetchResponse(responseOf([{ partition: 4, bytes: sent }])).responses[0]?.partitions ?? [];
    const [record] = toIncomingRecords({ topic: 'things', partition: 4, messages: partition?.messages } as never);
    expect({ ...record, key: record?.key, value: record?.value, headers: record?.headers }).toEqual({
      topic: 'things',
      partition: 4,
      offset: 41n,
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      headers: { a: [Buffer.from('1'), Buffer.from('2')] },
      timestampMs: 1_790_000_000_000,
      sizeBytes: 16,
    });
  });

  it('gives headers as text too, where that says the same', async () => {
    const headersOf = async (headers: Record<string, string | string[]>) => {
      const bytes = await batchOf({ records: [{ ...oneRecord, headers }] });
      const [partition] = decodeFetchResponse(responseOf([{ partition: 0, bytes }])).responses[0]?.partitions ?? [];
      return partition?.messages[0]?.record.headerTexts;
    };
    const ascii = fc.string({ unit: 'binary-ascii', maxLength: 63 });
    const headers = fc.dictionary(ascii.filter(isPlainName), ascii, { maxKeys: 6, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(headers, async (given) => {
        expect(Object.entries((await headersOf(given)) ?? {})).toEqual(Object.entries(given));
      }),
    );
    expect(await headersOf({ a: ['1', '2'] })).toBeUndefined();
    expect(await headersOf({ a: 'ä' })).toBeUndefined();
    expect(await headersOf({ a: 'x'.repeat(64) })).toBeUndefined();
    expect(await headersOf(JSON.parse('{"__proto__":"1"}'))).toBeUndefined();
  });

  it('keeps headers of any name', async () => {
    const names = ['__proto__', 'constructor', 'toString', '0', ''];
    const headers = Object.fromEntries(names.map((name) => [name, [`1 ${name}`, `2 ${name}`]]));
    const bytes = await batchOf({ records: [{ ...oneRecord, headers }] });
    const read = decodeFetchResponse(responseOf([{ partition: 0, bytes }])).responses[0]?.partitions[0]?.messages[0]?.headers;
    const shownHeaders = Object.entries(read ?? {}).map(([name, values]) => [name, String(values).split(',')]);
    expect(new Map(shownHeaders as [string, string[]][])).toEqual(new Map(Object.entries(headers)));
  });

  it('does not keep a whole answer in memory for the few bytes of one partition', async () => {
    const large = await batchOf({ records: [{ ...oneRecord, value: Buffer.alloc(100_000) }] });
    const small = await batchOf({ records: [oneRecord] });
    const response = responseOf([
      { partition: 0, bytes: large },
      { partition: 1, bytes: small },
    ]);
    const values = decodeFetchResponse(response).responses[0]?.partitions.map(({ messages }) => messages[0]?.value);
    expect(values?.map((value) => value?.buffer.byteLength)).toEqual([response.buffer.byteLength, small.length]);
  });

  it('reads gzip beside what is not compressed', async () => {
    const compressed = await batchOf({ records: [oneRecord], compression: GZIP });
    const bytes = Buffer.concat([compressed, await batchOf({ records: [oneRecord], firstOffset: 1 })]);
    const [partition] = decodeFetchResponse(responseOf([{ partition: 4, bytes }])).responses[0]?.partitions ?? [];
    const records = toIncomingRecords({ topic: 'things', partition: 4, messages: partition?.messages } as never);
    expect(records.map(({ offset, value }) => [offset, String(value)])).toEqual([
      [0n, 'v'],
      [1n, 'v'],
    ]);
  });

  it.each([
    ['lz4', LZ4],
    ['snappy', SNAPPY],
  ])('leaves %s, and old formats, to kafkajs', async (_name, codec) => {
    const compressed = withCodec(await batchOf({ records: [oneRecord] }), codec);
    expect(() => decodeFetchResponse(responseOf([{ partition: 0, bytes: compressed }]))).toThrow(UnsupportedBatch);
    repairFetchDecoding();
    const { response } = fetchOfKafkajs.protocol({ version: 11 })({ topics: [] });
    await expect(response.decode(responseOf([{ partition: 4, bytes: compressed }]))).rejects.toThrow(/compression/i);
    const old = Buffer.alloc(40);
    old.writeInt8(1, 16);
    expect(() => decodeFetchResponse(responseOf([{ partition: 0, bytes: old }]))).toThrow(UnsupportedBatch);
  });

  it('reads zstd', async () => {
    const plain = await batchOf({ records: [oneRecord] });
    const body = zstdCompressSync(plain.subarray(RECORDS));
    const bytes = withCodec(Buffer.concat([plain.subarray(0, RECORDS), body]), ZSTD);
    const [partition] = decodeFetchResponse(responseOf([{ partition: 4, bytes }])).responses[0]?.partitions ?? [];
    expect(partition?.messages.map(({ value }) => String(value))).toEqual(['v']);
  });
});

/** The batch said to be compressed that way, with its length and checksum as they then are. */
function withCodec(batch: Buffer, codec: number): Buffer {
  const changed = Buffer.from(batch);
  changed.writeInt32BE(changed.length - LENGTH_END, 8);
  changed.writeInt16BE(codec, ATTRIBUTES);
  changed.writeUInt32BE(crc32c(changed, ATTRIBUTES, changed.length), CRC);
  return changed;
}

/** What kafkajs' consumer reads of an answer. */
function shown(response: FetchResponse) {
  return {
    ...response,
    responses: response.responses.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map((partition) => ({
        ...partition,
        abortedTransactions: undefined,
        messages: partition.messages.map(({ offset, key, value, headers, timestamp, isControlRecord }) => ({
          offset,
          key,
          value,
          headers: { ...headers },
          timestamp,
          isControlRecord,
        })),
      })),
    })),
  };
}

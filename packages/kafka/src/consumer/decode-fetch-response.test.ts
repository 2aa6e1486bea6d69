import { createRequire } from 'node:module';
import fc from 'fast-check';
import fetchOfKafkajs from 'kafkajs/src/protocol/requests/fetch/index.js';
import { batchOf, oneRecord, responseOf } from '../../test/fetch-response.ts';
import { decodeFetchResponse, type FetchResponse } from './decode-fetch-response.ts';
import { UnsupportedBatch } from './record-batch.ts';
import { repairFetchDecoding } from './repair-fetch-decoding.ts';
import { toIncomingRecords } from './to-incoming-record.ts';

const load = createRequire(import.meta.url);
const kafkajs = load('kafkajs/src/protocol/requests/fetch/v11/response.js') as { decode(bytes: Buffer): Promise<FetchResponse> };
const GZIP = 1;

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
    expect(record).toEqual({
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

  it('leaves what is compressed, or of an old format, to kafkajs', async () => {
    const compressed = await batchOf({ records: [oneRecord], compression: GZIP });
    expect(() => decodeFetchResponse(responseOf([{ partition: 0, bytes: compressed }]))).toThrow(UnsupportedBatch);
    const old = Buffer.alloc(40);
    old.writeInt8(1, 16);
    expect(() => decodeFetchResponse(responseOf([{ partition: 0, bytes: old }]))).toThrow(UnsupportedBatch);
    repairFetchDecoding();
    const { response } = fetchOfKafkajs.protocol({ version: 11 })({ topics: [] });
    const bytes = Buffer.concat([compressed, await batchOf({ records: [oneRecord], firstOffset: 1 })]);
    const decoded = (await response.decode(responseOf([{ partition: 4, bytes }]))) as FetchResponse;
    const messages = decoded.responses[0]?.partitions[0]?.messages;
    const records = toIncomingRecords({ topic: 'things', partition: 4, messages } as never);
    expect(records.map(({ offset, value }) => [offset, String(value)])).toEqual([
      [0n, 'v'],
      [1n, 'v'],
    ]);
  });
});

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

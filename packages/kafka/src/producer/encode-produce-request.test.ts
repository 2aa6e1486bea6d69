import fc from 'fast-check';
import type { Message } from 'kafkajs';
import murmur2OfKafkajs from 'kafkajs/src/producer/partitioners/default/murmur2.js';
import crc32cOfKafkajs from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import requestOfKafkajs from 'kafkajs/src/protocol/requests/produce/v7/request.js';
import { crc32c } from '../crc32c.ts';
import { encodeProduceRequest, type ProduceRequest } from './encode-produce-request.ts';
import { murmur2 } from './murmur2.ts';

const text = fc.oneof(fc.string({ maxLength: 100 }), fc.string({ unit: 'binary', maxLength: 100 }), fc.constant('x'.repeat(200)));
const bytes = fc
  .oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 8_000, maxLength: 9_000 }))
  .map((array) => Buffer.from(array));
const value = fc.oneof(text, bytes);
const nowMs = 1_800_000_000_000;

const message: fc.Arbitrary<Message> = fc.record({
  key: fc.oneof(fc.constant(null), value),
  value: fc.oneof(fc.constant(null), value),
  headers: fc.dictionary(text, fc.oneof(value, fc.array(value, { maxLength: 3 })), { maxKeys: 12 }),
  timestamp: fc.integer({ min: nowMs, max: nowMs + 3_000_000_000 }).map(String),
});

const request: fc.Arbitrary<ProduceRequest> = fc.record({
  transactionalId: fc.oneof(fc.constant(null), fc.constant('tränsaction')),
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
  producerEpoch: fc.integer({ min: 0, max: 32_767 }),
  topicData: fc.array(
    fc.record({
      topic: fc.constantFrom('things.v1', 'ünlike.v1'),
      partitions: fc.array(
        fc.record({
          partition: fc.integer({ min: 0, max: 1_000 }),
          firstSequence: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
          messages: fc.array(message, { minLength: 1, maxLength: 5 }),
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 2 },
  ),
});

describe('encodeProduceRequest', () => {
  it('writes the bytes that kafkajs writes', async () => {
    const sameTimestamp = (given: ProduceRequest): ProduceRequest => ({
      ...given,
      // kafkajs orders timestamps as texts and reckons deltas from the first of these.
      topicData: given.topicData.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((partition) => ({
          ...partition,
          messages: partition.messages.toSorted((a, b) => Number(a.timestamp) - Number(b.timestamp)),
        })),
      })),
    });
    await fc.assert(
      fc.asyncProperty(request.map(sameTimestamp), async (given) => {
        const expected = await requestOfKafkajs(given).encode();
        expect(encodeProduceRequest(given).equals(expected.buffer)).toBe(true);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('writes large records, and headers of any name, as kafkajs does', async () => {
    const headers = Object.fromEntries(['__proto__', 'constructor', '0', ''].map((name) => [name, ['1', Buffer.from('2')]]));
    const messages = [2 ** 14, 2 ** 20, 2 ** 20 - 1, 3 * 2 ** 20].map((size) => ({
      key: 'k',
      value: Buffer.alloc(size, 7),
      headers,
      timestamp: String(nowMs),
    }));
    const given = {
      acks: -1,
      timeout: 1,
      topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 3, messages }] }],
    };
    const expected = await requestOfKafkajs(given).encode();
    expect(encodeProduceRequest(given).equals(expected.buffer)).toBe(true);
  });

  it('stamps messages that have no time of their own', () => {
    const one = { partition: 0, messages: [{ key: 'k', value: 'v' }] };
    const before = Date.now();
    const encoded = encodeProduceRequest({ acks: -1, timeout: 1, topicData: [{ topic: 't', partitions: [one] }] });
    const batchAt = 2 + 2 + 4 + 4 + 3 + 4 + 4 + 4;
    const stamped = Number(encoded.readBigInt64BE(batchAt + 8 + 4 + 4 + 1 + 4 + 2 + 4));
    expect(stamped).toBeGreaterThanOrEqual(before);
    expect(stamped).toBeLessThanOrEqual(Date.now());
  });
});

it('reckons the checksum that kafkajs reckons', () => {
  fc.assert(fc.property(bytes, (given) => expect(crc32c(given, 0, given.length)).toBe(crc32cOfKafkajs(given))));
  // RFC 3720, appendix B.4: 32 bytes of zeros.
  expect(crc32c(Buffer.alloc(34), 1, 33)).toBe(0x8a9136aa);
});

it('hashes keys as kafkajs does', () => {
  const keys = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
  fc.assert(fc.property(keys, (given) => expect(murmur2(given)).toBe(murmur2OfKafkajs(given))));
});

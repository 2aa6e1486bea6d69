import type { AbortedTransaction } from './aborted-transactions.ts';
import { ByteReader } from './byte-reader.ts';
import type { FetchedMessage } from './fetched-message.ts';
import { readRecordBatches } from './read-record-batches.ts';

/** Of one partition in a Fetch response, as kafkajs' consumer reads it. */
export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  /** None: what belongs to them is left out already. */
  readonly abortedTransactions: readonly never[];
  readonly preferredReadReplica: number;
  readonly messages: readonly FetchedMessage[];
}

export interface FetchResponse {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[];
}

/**
 * Decodes a Fetch response of version 11 (Kafka 2.3 and later) in one pass, records as the port describes them.
 * @throws {UnsupportedBatch} for what is left to kafkajs
 */
export function decodeFetchResponse(bytes: Buffer): FetchResponse {
  const reader = new ByteReader(bytes);
  const clientSideThrottleTime = reader.int32();
  const errorCode = reader.int16();
  const sessionId = reader.int32();
  const responses = readArray(reader, () => {
    const topicName = reader.string();
    return { topicName, partitions: readArray(reader, () => readPartition(reader, topicName)) };
  });
  // As kafkajs: the broker has not throttled this answer, it asks the client to pause.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

function readPartition(reader: ByteReader, topic: string): FetchedPartition {
  const partition = reader.int32();
  const head = {
    partition,
    errorCode: reader.int16(),
    highWatermark: reader.int64().toString(),
    lastStableOffset: reader.int64().toString(),
    lastStartOffset: reader.int64().toString(),
    abortedTransactions: [],
  };
  const aborted = readArray(reader, () => readAborted(reader));
  const preferredReadReplica = reader.int32();
  const fetched = { topic, partition, bytes: readSet(reader) };
  return { ...head, preferredReadReplica, messages: readRecordBatches(fetched, aborted) };
}

function readAborted(reader: ByteReader): AbortedTransaction {
  return { producerId: reader.int64(), firstOffset: reader.int64() };
}

/** Records refer to these bytes: a small part of an answer is copied, so that a record that waits for long does not keep all the rest of the answer in memory, which the bounds do not count. */
function readSet(reader: ByteReader): Buffer {
  const shared = reader.slice(Math.max(0, reader.int32())) as Buffer;
  if (shared.length * 2 >= reader.bytes.length) return shared;
  const own = Buffer.allocUnsafeSlow(shared.length);
  own.set(shared);
  return own;
}

function readArray<Item>(reader: ByteReader, read: () => Item): Item[] {
  const items: Item[] = [];
  for (let count = reader.int32(); count > 0; count -= 1) items.push(read());
  return items;
}

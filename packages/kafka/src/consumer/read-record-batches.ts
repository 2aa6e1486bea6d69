import { type AbortedTransaction, createAbortedBatches } from './aborted-transactions.ts';
import { FetchedMessage } from './fetched-message.ts';
import { type FetchedBytes, RecordBatch } from './record-batch.ts';

/**
 * Reads the batches of one partition; the last one may be cut off, where the size of the answer ended. A batch whose end holds no record for us (compaction, control records, an aborted
 * transaction) ends in a message that kafkajs passes over: by itself it would ask for an emptied batch again for ever.
 * @throws {UnsupportedBatch}
 */
export function readRecordBatches(fetched: FetchedBytes, aborted: readonly AbortedTransaction[]): FetchedMessage[] {
  const isAborted = aborted.length > 0 ? createAbortedBatches(aborted) : () => false;
  const messages: FetchedMessage[] = [];
  for (let batch = RecordBatch.at(fetched, 0); batch !== undefined; batch = RecordBatch.at(fetched, batch.next)) {
    const isLeftOut = isAborted(batch) || batch.isControl;
    if (!isLeftOut) for (const record of batch.records()) messages.push(new FetchedMessage(record));
    if ((messages.at(-1)?.record.offset ?? -1n) < batch.lastOffset) messages.push(endOf(batch, fetched));
  }
  return messages;
}

function endOf({ lastOffset, firstTimestampMs }: RecordBatch, { topic, partition }: FetchedBytes): FetchedMessage {
  const nothing = { topic, partition, offset: lastOffset, key: null, value: null, headers: {}, timestampMs: firstTimestampMs };
  return new FetchedMessage(nothing, true);
}

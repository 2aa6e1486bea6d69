import type { UnfinishedRecord } from '../messaging-driver.ts';
import type { IncomingRecord } from '../record.ts';
import { anonymousLane, type Lane, NO_CHUNK, returnTo, WAITING } from './key-lanes.ts';
import type { PartitionQueue, QueuedRecord } from './partition-queue.ts';

/** Records of one partition that are in work together. */
export interface RecordChunk {
  readonly id: number;
  readonly queue: PartitionQueue;
  readonly entries: readonly QueuedRecord[];
  /** The gate's when it began. */
  readonly round: number;
}

/** The record's entry while it is in this chunk and not done; by offset, since a chunk is of one partition and in order. */
export function entryOf(
  { entries, id, queue }: RecordChunk,
  { topic, partition, offset }: IncomingRecord,
): QueuedRecord | undefined {
  if (partition !== queue.partition || topic !== queue.topic) return undefined;
  let low = 0;
  let high = entries.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle] as QueuedRecord;
    if (entry.offset === offset) return entry.chunk === id ? entry : undefined;
    if (entry.offset < offset) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** What is left of a chunk whose handler has thrown. */
export function unfinishedOf({ entries, id }: RecordChunk, error: unknown): UnfinishedRecord[] {
  return entries.flatMap(({ record, chunk }) => (chunk === id ? [{ record, error }] : []));
}

/** The record is in no chunk any more. */
export function leaveChunk(entry: QueuedRecord): void {
  entry.chunk = NO_CHUNK;
  if (entry.lane !== undefined) entry.lane.inWork -= 1;
}

/**
 * Puts records that are not done in front of their keys. Last ones first, so that the first of a key comes to lie in front and says how long its key waits.
 * @param waits for each record that is given back how long it waits, milliseconds
 * @returns the lanes by how long they wait
 */
export function giveBack(
  { entries, queue, id }: RecordChunk,
  waits: ReadonlyMap<QueuedRecord, number>,
): Map<number, Lane<QueuedRecord>[]> {
  const lanes = new Map<Lane<QueuedRecord>, number>();
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index];
    const waitMs = entry?.chunk === id ? waits.get(entry) : undefined;
    if (entry === undefined || waitMs === undefined) continue;
    leaveChunk(entry);
    const lane = entry.lane ?? anonymousLane<QueuedRecord>();
    lane.chunk = WAITING;
    returnTo(lane, entry);
    queue.queued += 1;
    lanes.set(lane, waitMs);
  }
  return Map.groupBy(lanes.keys(), (lane) => lanes.get(lane) ?? 0);
}

/** Counts a rejection of each record that did not ask for a time. @returns how often the record that was rejected most often was */
export function countRejections(chunk: RecordChunk, unfinished: readonly UnfinishedRecord[]): number {
  let most = 1;
  for (const { record, retryAfterMs } of unfinished) {
    const entry = retryAfterMs === undefined ? entryOf(chunk, record) : undefined;
    if (entry === undefined) continue;
    entry.rejections += 1;
    most = Math.max(most, entry.rejections);
  }
  return most;
}

import type { DeadLetter, InboxEntry } from '@throughline/messaging';
import { testPrefix } from './test-prefix.ts';

export interface EntryFacts {
  readonly group?: string;
  readonly topic?: string;
  /** Of the record; the entry waits behind failed ones of it. (Default: a record without order) */
  readonly key?: string;
  /** (Default: one of its own) */
  readonly id?: string;
  readonly offset?: number;
}

/** A delivery as inboxes and parking lots get it. */
export function inboxEntry(facts: EntryFacts = {}): InboxEntry {
  const { group = 'a.group', topic = 'orders.v1', key, id = testPrefix('event'), offset = 0 } = facts;
  const position = { topic, partition: 1, offset: BigInt(offset), timestampMs: 1_767_694_492_643 };
  return {
    key: { group, source: 'A_SOURCE', id },
    record: {
      ...position,
      key: key === undefined ? null : Buffer.from(key),
      value: Buffer.from(`value of ${id}`),
      headers: { ce_id: Buffer.from(id), odd: [Buffer.from([0xff, 0]), Buffer.from('twice')] },
    },
    eventType: 'ORDER_PLACED',
    original: position,
    ...(key !== undefined && { parksBehind: { topic, key: Buffer.from(key) } }),
  };
}

/** The story of an entry that could not be handled. */
export function deadLetterFor(entry: InboxEntry, changes: Partial<DeadLetter> = {}): DeadLetter {
  return {
    group: entry.key.group,
    record: entry.record,
    original: entry.original,
    eventId: entry.key.id,
    source: entry.key.source,
    eventType: entry.eventType,
    reason: 'attempts',
    attempts: 5,
    firstFailedAtMs: 1_000,
    lastFailedAtMs: 2_000,
    error: { class: 'Error', message: 'no good', stack: 'at …' },
    replayCount: 0,
    ...changes,
  };
}

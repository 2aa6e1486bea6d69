import type { Queryable } from '../database/database.ts';
import { storableKeyPart } from '../inbox/storable.ts';
import { fromStoredHeaders, type StoredHeaders } from '../outbox/header-json.ts';
import { OUTBOX_STATUS } from '../outbox/outbox-status.ts';
import { findParked, type ParkedEvent } from '../parking/find-parked.ts';
import { type DeadLetterSummary, listDeadLetters } from './dead-letter-rows.ts';

/** An event in the outbox that it was published through; sent rows stay there for a minute or so. */
export interface PublishedEvent {
  readonly state: 'unsent' | 'sent' | 'waiting' | 'failed' | 'discarded';
  readonly topic: string;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly traceId: string | null;
  readonly causationId: string | null;
  readonly correlationId: string | null;
}

/** Everything a service's database knows of an event. */
export interface EventTraces {
  readonly outbox: readonly PublishedEvent[];
  readonly processed: readonly { readonly group: string; readonly source: string; readonly processedAt: Date }[];
  readonly deadLetters: readonly DeadLetterSummary[];
  readonly parked: readonly ParkedEvent[];
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const STATE_OF: Readonly<Record<number, PublishedEvent['state']>> = {
  [OUTBOX_STATUS.new]: 'unsent',
  [OUTBOX_STATUS.sent]: 'sent',
  [OUTBOX_STATUS.waiting]: 'waiting',
  [OUTBOX_STATUS.failed]: 'failed',
  [OUTBOX_STATUS.discarded]: 'discarded',
};
const MAX_DEAD_LETTERS = 50;

/** Where an event is or was. For people: without an index by event id the outbox is read through. */
export async function findEvent(database: Queryable, groups: readonly string[], eventId: string): Promise<EventTraces> {
  const [outbox, processed, deadLetters, parked] = await Promise.all([
    findPublished(database, eventId),
    findProcessed(database, groups, eventId),
    listDeadLetters(database, { eventId, limit: MAX_DEAD_LETTERS }),
    findParked(database, eventId),
  ]);
  return { outbox, processed, deadLetters, parked };
}

async function findPublished(database: Queryable, eventId: string): Promise<readonly PublishedEvent[]> {
  if (!UUID.test(eventId)) return [];
  const rows = await database.query<Omit<PublishedEvent, 'state' | 'traceId'> & { status: number; headers: StoredHeaders }>(
    `SELECT status, topic, created_at AS "createdAt", sent_at AS "sentAt", headers FROM outbox WHERE id = $1 ORDER BY seq LIMIT 20`,
    [eventId],
  );
  return rows.map(({ status, topic, createdAt, sentAt, headers }) => {
    const header = (name: string) => fromStoredHeaders(headers)[name]?.toString() ?? null;
    return {
      state: STATE_OF[status] ?? 'unsent',
      topic,
      createdAt,
      sentAt,
      traceId: header('traceparent')?.split('-')[1] ?? null,
      causationId: header('ce_causationid'),
      correlationId: header('ce_correlationid'),
    };
  });
}

/**
 * The primary key begins with (group, source), and sources are few: each group's are found one after the other by it (a loose index scan), and the event under each. An index by
 * event id alone would cost every handled event an insert.
 */
function findProcessed(
  database: Queryable,
  groups: readonly string[],
  eventId: string,
): Promise<EventTraces['processed'][number][]> {
  return database.query(
    `WITH RECURSIVE pairs(consumer_group, source) AS (
       SELECT g, (SELECT min(source) FROM processed_events WHERE consumer_group = g) FROM unnest($1::text[]) AS g
       UNION ALL
       SELECT p.consumer_group, (SELECT min(e.source) FROM processed_events AS e WHERE e.consumer_group = p.consumer_group AND e.source > p.source)
       FROM pairs AS p WHERE p.source IS NOT NULL
     )
     SELECT e.consumer_group AS "group", e.source, e.processed_at AS "processedAt" FROM pairs
     JOIN processed_events AS e ON e.consumer_group = pairs.consumer_group AND e.source = pairs.source AND e.event_id = $2
     WHERE pairs.source IS NOT NULL ORDER BY e.processed_at`,
    [groups, storableKeyPart(eventId)],
  );
}

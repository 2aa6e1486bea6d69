import type { Queryable } from '@throughline/postgres';
import type { JourneyStep, Publication, RelatedEvent } from './journey.ts';

const MAX_PUBLICATIONS = 100;
const MAX_STEPS = 1_000;

/** Where an event lies in the log; more than once when it was sent again. */
export function findPublications(database: Queryable, eventId: string): Promise<readonly Publication[]> {
  return database.query<Publication>(
    `SELECT topic, partition, record_offset AS "offset", ${iso('logged_at')} AS at, source, type, record_key AS key, trace_id AS "traceId",
       correlation_id AS "correlationId", causation_id AS "causationId"
     FROM indexed_events WHERE event_id = $1 ORDER BY logged_at, record_offset LIMIT $2`,
    [eventId, MAX_PUBLICATIONS],
  );
}

/** What groups said of an event, in the order of time. */
export function findSteps(database: Queryable, eventId: string): Promise<readonly JourneyStep[]> {
  return database.query<JourneyStep>(
    `SELECT consumer_group AS "group", service, source, ${iso('ended_at')} AS at, outcome, attempt, duration_ms AS "durationMs", detail, topic
     FROM event_outcomes WHERE event_id = $1 ORDER BY ended_at, outcome_partition, outcome_offset, position LIMIT $2`,
    [eventId, MAX_STEPS],
  );
}

/** An event by its id, as something related to another. */
export async function findRelated(database: Queryable, eventId: string): Promise<RelatedEvent | undefined> {
  const [found] = await database.query<Omit<RelatedEvent, 'depth'>>(
    `SELECT ${RELATED} FROM indexed_events WHERE event_id = $1 ORDER BY logged_at LIMIT 1`,
    [eventId],
  );
  return found && { ...found, depth: 0 };
}

export interface ChildrenLimits {
  /** Causes in a row. */
  readonly maxDepth: number;
  readonly maxEvents: number;
}

/** Events that it caused, and those that they caused; each once, however often it was sent. */
export async function findChildren(
  database: Queryable,
  eventId: string,
  { maxDepth, maxEvents }: ChildrenLimits,
): Promise<{ readonly children: readonly RelatedEvent[]; readonly hasMore: boolean }> {
  const found = new Map<string, RelatedEvent>();
  let causes: readonly string[] = [eventId];
  for (let depth = 1; causes.length > 0; depth += 1) {
    const room = maxEvents - found.size;
    const caused = await findCaused(database, causes, depth > maxDepth ? 1 : room + 1);
    const fresh = caused.filter((event) => event.eventId !== eventId && !found.has(event.eventId));
    if (depth > maxDepth) return { children: inOrder([...found.values()], eventId), hasMore: fresh.length > 0 };
    for (const event of fresh.slice(0, room)) found.set(event.eventId, { ...event, depth });
    if (fresh.length > room) return { children: inOrder([...found.values()], eventId), hasMore: true };
    causes = fresh.map((event) => event.eventId);
  }
  return { children: inOrder([...found.values()], eventId), hasMore: false };
}

function findCaused(database: Queryable, causes: readonly string[], limit: number): Promise<Omit<RelatedEvent, 'depth'>[]> {
  return database.query(
    `SELECT * FROM (
       SELECT DISTINCT ON (event_id) ${RELATED} FROM indexed_events WHERE causation_id = ANY($1) ORDER BY event_id, logged_at
     ) AS caused ORDER BY at, "eventId" LIMIT $2`,
    [causes, limit],
  );
}

/** Each event right before those that it caused. */
function inOrder(events: readonly RelatedEvent[], causationId: string): RelatedEvent[] {
  return events
    .filter((event) => event.causationId === causationId)
    .flatMap((event) => [event, ...inOrder(events, event.eventId)]);
}

function iso(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

const RELATED = `event_id AS "eventId", causation_id AS "causationId", type, source, topic, ${iso('logged_at')} AS at`;

import type { Queryable } from '@throughline/postgres';
import type { ServiceInquiry, ServicesKnowledge } from './ask-services.ts';
import { groupJourneys } from './group-journeys.ts';
import type { Journey, RelatedEvent } from './journey.ts';
import { findChildren, findPublications, findRelated, findSteps } from './read-index.ts';

export interface TellJourneyOptions {
  readonly database: Queryable;
  readonly ask: ServiceInquiry;
  /** Records that are not indexed yet. */
  readonly lag: () => Promise<number>;
  /** (Default: Date.now) */
  readonly nowMs?: () => number;
}

const CHILDREN = { maxDepth: 5, maxEvents: 200 };

/** Everything the index and the services know of an event; undefined when that is nothing, and everybody was asked. */
export async function tellJourney(options: TellJourneyOptions, eventId: string): Promise<Journey | undefined> {
  const { database, ask, nowMs = Date.now } = options;
  const indexedAt = new Date(nowMs()).toISOString();
  const [publications, steps, caused, known, lag] = await Promise.all([
    findPublications(database, eventId),
    findSteps(database, eventId),
    findChildren(database, eventId, CHILDREN),
    ask(eventId),
    options.lag().catch(() => null),
  ]);
  const { outbox, silent } = known;
  const groups = groupJourneys(steps, known);
  const children = [...caused.children, ...editedEvents(known, caused.children)];
  const isKnown = publications.length + groups.length + outbox.length + children.length > 0;
  if (!isKnown && silent.length === 0) return undefined;
  const texts = [...publications, ...outbox];
  const first = <Name extends 'traceId' | 'correlationId' | 'causationId'>(name: Name) =>
    texts.map((each) => each[name]).find((value) => value != null) ?? null;
  const said = (name: 'type' | 'source') =>
    [...publications, ...known.deadLetters, ...steps.map(({ source }) => ({ type: null, source }))]
      .map((each) => each[name])
      .find((value) => value != null) ?? null;
  return {
    eventId,
    asOf: new Date(nowMs()).toISOString(),
    type: said('type'),
    source: said('source'),
    traceId: first('traceId'),
    correlationId: first('correlationId'),
    publications,
    parent: await parentOf(database, first('causationId')),
    children,
    hasMoreChildren: caused.hasMore,
    outbox,
    groups,
    services: known.services,
    silent,
    index: { asOf: indexedAt, lag },
  };
}

async function parentOf(database: Queryable, causationId: string | null): Promise<RelatedEvent | null> {
  if (causationId === null) return null;
  const found = await findRelated(database, causationId);
  return found ?? { eventId: causationId, causationId: null, type: null, source: null, topic: null, at: null, depth: 0 };
}

/** Dead letters that were edited go on as events which are in no topic but the group's own; who decided knows them. */
function editedEvents({ deadLetters }: ServicesKnowledge, found: readonly RelatedEvent[]): readonly RelatedEvent[] {
  return deadLetters.flatMap(({ type, source, decisions }) =>
    decisions.flatMap(({ at, detail }) => {
      const eventId = (detail as { newEventId?: unknown } | null)?.newEventId;
      if (typeof eventId !== 'string' || found.some((each) => each.eventId === eventId)) return [];
      return [{ eventId, causationId: null, type, source, topic: null, at, depth: 1 }];
    }),
  );
}

import { defineRoute, type Route } from '@throughline/http';
import { findEvent, listAudit } from '@throughline/postgres';
import Type from 'typebox';
import { PAGE_CHECKS, PageQuery, pageOf, readPlace } from './operation-parts.ts';
import type { OperationsContext } from './operations-context.ts';
import { showDeadLetter, showKey } from './show-dead-letter.ts';

/** What the service is, where an event is, and what was decided. */
export function inquiryRoutes(context: OperationsContext): readonly Route[] {
  return [
    indexRoute({ service: context.service, groups: () => [...context.groups.keys()], hasOutbox: true }),
    findEventRoute(context),
    listAuditRoute(context),
  ];
}

/** For a service without events too, so that whoever asks all services need not know which have any. */
export function indexRoute(options: {
  readonly service: string;
  readonly groups: () => readonly string[];
  readonly hasOutbox: boolean;
}): Route {
  return defineRoute({
    method: 'GET',
    path: '/operations',
    operationId: 'showOperations',
    summary: 'What this service has that can be operated',
    auth: 'required',
    responses: { 200: { description: 'Its name, its groups, and whether it publishes.' } },
    handler: async () => ({
      status: 200,
      body: { service: options.service, groups: options.groups(), hasOutbox: options.hasOutbox },
    }),
  });
}

function findEventRoute({ database, groups }: OperationsContext): Route {
  return defineRoute({
    method: 'GET',
    path: '/operations/events/{eventId+}',
    operationId: 'findEvent',
    summary: 'Where an event is in this service',
    auth: 'required',
    pathSchema: Type.Object({ eventId: Type.String({ minLength: 1, maxLength: 1_024 }) }),
    responses: { 200: { description: 'What the database knows of it; empty lists when nothing.' } },
    handler: async ({ path: { eventId } }) => {
      const { outbox, processed, deadLetters, parked } = await findEvent(database, [...groups.keys()], eventId);
      return {
        status: 200,
        body: {
          outbox,
          processed,
          deadLetters: deadLetters.map(showDeadLetter),
          parked: parked.map(({ group, topic, key, place, attempts, nextAttemptAt }) => ({
            group,
            topic,
            key: showKey(key),
            position: place,
            attempts,
            nextAttemptAt: nextAttemptAt ?? null,
          })),
        },
      };
    },
  });
}

function listAuditRoute({ database }: OperationsContext): Route {
  return defineRoute({
    method: 'GET',
    path: '/operations/audit',
    operationId: 'listAudit',
    summary: 'Who decided what',
    auth: 'required',
    querySchema: Type.Object({ ...PageQuery }),
    fieldChecks: PAGE_CHECKS,
    responses: { 200: { description: 'A page, newest first.' } },
    handler: async ({ query: { limit, after } }) => {
      const place = readPlace(after);
      const rows = await listAudit(database, { limit: limit + 1, ...(place !== undefined && { after: place }) });
      return { status: 200, body: pageOf(rows, limit, ({ seq: _, ...row }) => row) };
    },
  });
}

import { type Answer, defineRoute, type Route } from '@throughline/http';
import { countUnsent, discardFailed, type FailedRowDecision, listUnsent, replayFailed } from '@throughline/postgres';
import Type from 'typebox';
import {
  notFound,
  OperatorHeaders,
  operatorOf,
  PAGE_CHECKS,
  PageQuery,
  pageOf,
  readPlace,
  stateConflict,
} from './operation-parts.ts';
import type { OperationsContext } from './operations-context.ts';

const EventPath = Type.Object({ eventId: Type.String({ format: 'uuid' }) });

/** Events that are not sent, and what may be decided about those that the broker refuses. */
export function outboxRoutes(context: OperationsContext): readonly Route[] {
  return [listOutbox(context), replayOutbox(context), discardOutbox(context)];
}

function listOutbox({ database }: OperationsContext): Route {
  return defineRoute({
    method: 'GET',
    path: '/operations/outbox',
    operationId: 'listOutbox',
    summary: 'List events that are not sent',
    auth: 'required',
    querySchema: Type.Object({
      ...PageQuery,
      state: Type.Union([Type.Literal('failed'), Type.Literal('waiting'), Type.Literal('unsent')], { default: 'failed' }),
    }),
    fieldChecks: PAGE_CHECKS,
    responses: { 200: { description: 'A page, oldest first, with the number of events in each state.' } },
    handler: async ({ query: { limit, after, state } }) => {
      const [rows, counts] = await Promise.all([
        listUnsent(database, { state, limit: limit + 1, after: readPlace(after) }),
        countUnsent(database),
      ]);
      return { status: 200, body: { ...pageOf(rows, limit, ({ seq: _, ...event }) => event), counts } };
    },
  });
}

function replayOutbox({ database, wakeRelay }: OperationsContext): Route {
  return defineRoute({
    method: 'POST',
    path: '/operations/outbox/{eventId}/replay',
    operationId: 'replayOutbox',
    summary: 'Send an event again that the broker refused',
    auth: 'required',
    pathSchema: EventPath,
    headersSchema: OperatorHeaders,
    responses: {
      200: { description: 'It is tried again.' },
      404: { description: 'No such event' },
      409: { description: 'It is not failed (any more)' },
    },
    handler: async ({ path: { eventId }, headers }) => {
      const decision = await replayFailed(database, eventId, { operator: operatorOf(headers) });
      wakeRelay();
      return answer(decision, eventId, 'waiting');
    },
  });
}

function discardOutbox({ database, wakeRelay }: OperationsContext): Route {
  return defineRoute({
    method: 'POST',
    path: '/operations/outbox/{eventId}/discard',
    operationId: 'discardOutbox',
    summary: 'Give an event up that the broker refused',
    auth: 'required',
    pathSchema: EventPath,
    headersSchema: OperatorHeaders,
    bodySchema: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1_000 }) }),
    responses: {
      200: { description: 'It is never sent.' },
      404: { description: 'No such event' },
      409: { description: 'It is not failed (any more)' },
    },
    handler: async ({ path: { eventId }, headers, body: { reason } }) => {
      const decision = await discardFailed(database, eventId, { operator: operatorOf(headers), reason });
      wakeRelay();
      return answer(decision, eventId, 'discarded');
    },
  });
}

function answer(decision: FailedRowDecision, eventId: string, state: string): Answer {
  if (decision === 'decided') return { status: 200, body: { eventId, state } };
  if (decision === 'not-found') throw notFound('outbox_event_not_found', 'There is no such event in the outbox.');
  throw stateConflict(
    'outbox_event_not_failed',
    'The event is not failed any more: it was sent, discarded, or is being tried.',
    'not-failed',
  );
}

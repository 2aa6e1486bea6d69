import { type Answer, defineRoute, type Route, validationFailed } from '@throughline/http';
import { editEvent } from '@throughline/messaging';
import { type Decision, findDeadLetter, fromStoredHeaders, listAudit, listDeadLetters } from '@throughline/postgres';
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
import { showDeadLetter, showWholeDeadLetter } from './show-dead-letter.ts';

const LetterPath = Type.Object({ dlqId: Type.String({ format: 'uuid' }) });
const STATES = ['waiting', 'replayed', 'edited', 'resolved', 'discarded', 'all'] as const;
const MAX_DECISIONS = 100;
/** What topics let through. */
const MAX_RECORD_BYTES = 1_000_000;
const Text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, description }));
const DECIDED = {
  200: { description: 'Decided.' },
  404: { description: 'No such dead letter' },
  409: { description: 'Somebody decided already, or it was handled; `state` says what' },
};

/** What waits for a decision, and the decisions. */
export function deadLetterRoutes(context: OperationsContext): readonly Route[] {
  return [listRoute(context), showRoute(context), replayRoute(context), editRoute(context), discardRoute(context)];
}

function listRoute({ database }: OperationsContext): Route {
  return defineRoute({
    method: 'GET',
    path: '/operations/dead-letters',
    operationId: 'listDeadLetters',
    summary: 'List dead letters',
    auth: 'required',
    querySchema: Type.Object({
      ...PageQuery,
      group: Text('Consumer group.'),
      state: Type.Union(
        STATES.map((state) => Type.Literal(state)),
        { default: 'waiting' },
      ),
      type: Text('Event type.'),
      reason: Text('decoding, contract, handler, timeout or attempts.'),
      eventId: Text('Of the event.'),
    }),
    fieldChecks: PAGE_CHECKS,
    responses: { 200: { description: 'A page, oldest first.' } },
    handler: async ({ query }) => {
      const { limit, after, state, ...filter } = query;
      const rows = await listDeadLetters(database, {
        ...filter,
        state: state === 'all' ? undefined : state,
        limit: limit + 1,
        after: readPlace(after),
      });
      return { status: 200, body: pageOf(rows, limit, showDeadLetter) };
    },
  });
}

function showRoute({ database }: OperationsContext): Route {
  return defineRoute({
    method: 'GET',
    path: '/operations/dead-letters/{dlqId}',
    operationId: 'showDeadLetter',
    summary: 'Show a dead letter with its record',
    auth: 'required',
    pathSchema: LetterPath,
    responses: { 200: { description: 'The dead letter.' }, 404: { description: 'No such dead letter' } },
    handler: async ({ path: { dlqId } }) => {
      const [letter, decisions] = await Promise.all([
        findDeadLetter(database, dlqId),
        listAudit(database, { subject: dlqId.toLowerCase(), limit: MAX_DECISIONS }),
      ]);
      if (letter === undefined) throw letterNotFound();
      return { status: 200, body: showWholeDeadLetter(letter, decisions) };
    },
  });
}

function replayRoute({ decisions }: OperationsContext): Route {
  return defineRoute({
    method: 'POST',
    path: '/operations/dead-letters/{dlqId}/replay',
    operationId: 'replayDeadLetter',
    summary: 'Send a dead letter back to its group',
    auth: 'required',
    pathSchema: LetterPath,
    headersSchema: OperatorHeaders,
    bodySchema: Type.Union([
      Type.Null(),
      Type.Object({ ignoreCap: Type.Optional(Type.Boolean({ description: 'However often that was done before.' })) }),
    ]),
    responses: DECIDED,
    handler: async ({ path: { dlqId }, headers, body }) =>
      answer(
        await decisions.replay(dlqId.toLowerCase(), { operator: operatorOf(headers), isCapIgnored: body?.ignoreCap ?? false }),
      ),
  });
}

function editRoute({ database, decisions, groups }: OperationsContext): Route {
  return defineRoute({
    method: 'POST',
    path: '/operations/dead-letters/{dlqId}/edit',
    operationId: 'editDeadLetter',
    summary: 'Send an edited event in the stead of a dead letter',
    auth: 'required',
    pathSchema: LetterPath,
    headersSchema: OperatorHeaders,
    bodySchema: Type.Object({
      value: Type.Object({}, { additionalProperties: true, description: 'The whole envelope; its id is replaced.' }),
    }),
    bodyLimitBytes: MAX_RECORD_BYTES,
    responses: { ...DECIDED, 422: { description: 'The envelope breaks its contract' } },
    handler: async ({ path, headers, body }) => {
      const dlqId = path.dlqId.toLowerCase();
      const letter = await findDeadLetter(database, dlqId);
      if (letter === undefined) throw letterNotFound();
      const group = groups.get(letter.group);
      if (group === undefined)
        throw stateConflict('group_not_subscribed', `This service does not subscribe as ${letter.group} any more.`, letter.state);
      const edited = editEvent({
        original: { eventId: letter.eventId, headers: fromStoredHeaders(letter.headers) },
        envelope: body.value,
        subscription: group.subscription,
      });
      if ('violations' in edited)
        throw validationFailed(edited.violations.map(({ path: at, message }) => ({ field: `body/value${at}`, message })));
      const decision = await decisions.edit(dlqId, { operator: operatorOf(headers), edited });
      return answer(decision, edited.eventId);
    },
  });
}

function discardRoute({ decisions }: OperationsContext): Route {
  return defineRoute({
    method: 'POST',
    path: '/operations/dead-letters/{dlqId}/discard',
    operationId: 'discardDeadLetter',
    summary: 'Give a dead letter up',
    auth: 'required',
    pathSchema: LetterPath,
    headersSchema: OperatorHeaders,
    bodySchema: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1_000 }) }),
    responses: DECIDED,
    handler: async ({ path: { dlqId }, headers, body: { reason } }) =>
      answer(await decisions.discard(dlqId.toLowerCase(), { operator: operatorOf(headers), reason })),
  });
}

function answer(decision: Decision, newEventId?: string): Answer {
  if (decision.outcome === 'not-found') throw letterNotFound();
  if (decision.outcome === 'refused') {
    const detail =
      decision.why === 'replay-cap'
        ? `The dead letter was sent back ${decision.replayCount} times already; ignoreCap sends it all the same.`
        : `The dead letter is ${decision.state}: ${decision.state === 'resolved' ? 'its event was handled' : 'somebody decided'} already.`;
    throw stateConflict(decision.why === 'replay-cap' ? 'replay_cap_reached' : 'dead_letter_decided', detail, decision.state);
  }
  const { dlqId, eventId, replayCount } = decision.letter;
  return { status: 200, body: { dlqId, state: decision.state, eventId: newEventId ?? eventId, replayCount } };
}

function letterNotFound() {
  return notFound('dead_letter_not_found', 'There is no such dead letter.');
}

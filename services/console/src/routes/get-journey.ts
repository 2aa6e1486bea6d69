import { defineRoute, Problem, type Route } from '@throughline/http';
import Type from 'typebox';
import type { Journey } from '../journey/journey.ts';

/** `GET /journeys/{eventId}` */
export function getJourneyRoute({ tell }: { tell: (eventId: string) => Promise<Journey | undefined> }): Route {
  return defineRoute({
    method: 'GET',
    path: '/journeys/{eventId}',
    operationId: 'getJourney',
    summary: 'Where an event was published, what each consumer group did with it, and what it caused',
    auth: 'required',
    pathSchema: Type.Object({ eventId: Type.String({ minLength: 1, maxLength: 512 }) }),
    fieldChecks: { 'path/eventId': (text: string) => (text.includes('\u0000') ? 'must not contain NUL' : undefined) },
    responses: {
      200: { description: 'What is known, and who could not be asked' },
      404: { description: 'Neither the index nor any service knows the event' },
    },
    handler: async ({ path }) => {
      const journey = await tell(path.eventId);
      if (journey === undefined)
        throw new Problem({
          kind: 'not-found',
          code: 'event_unknown',
          detail: 'Neither the index nor any service knows this event.',
        });
      return { status: 200, body: journey };
    },
  });
}

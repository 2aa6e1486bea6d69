import { defineRoute, type Route } from '@throughline/http';
import type { QueueView } from '@throughline/messaging';
import Type from 'typebox';
import { notFound } from './operation-parts.ts';

export interface QueueRoutesOptions {
  /** The queues that this service shows, now. */
  readonly queues: () => readonly QueueView[];
}

/** Groups as queues, for whoever thinks in those of SQS. */
export function queueRoutes({ queues }: QueueRoutesOptions): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/operations/queues',
      operationId: 'listQueues',
      summary: 'List groups as queues',
      auth: 'required',
      responses: { 200: { description: 'Each with its approximate numbers.' } },
      handler: async () => ({ status: 200, body: { items: await Promise.all(queues().map(describeQueue)) } }),
    }),
    defineRoute({
      method: 'GET',
      path: '/operations/queues/{group}',
      operationId: 'showQueue',
      summary: 'Show a group as a queue',
      auth: 'required',
      pathSchema: Type.Object({ group: Type.String({ minLength: 1, maxLength: 249 }) }),
      responses: { 200: { description: 'Its approximate numbers.' }, 404: { description: 'No such queue' } },
      handler: async ({ path: { group } }) => {
        const queue = queues().find((each) => each.group === group);
        if (queue === undefined) throw notFound('queue_not_found', `This service does not show ${group} as a queue.`);
        return { status: 200, body: await describeQueue(queue) };
      },
    }),
  ];
}

/** In the words of SQS. */
async function describeQueue(queue: QueueView): Promise<Record<string, unknown>> {
  const counts = await queue.read();
  return {
    group: queue.group,
    topics: queue.topics,
    approximateNumberOfMessages: counts.visible,
    approximateNumberOfMessagesNotVisible: counts.inFlight,
    approximateNumberOfMessagesDelayed: counts.delayed,
    approximateAgeOfOldestMessageSeconds: counts.oldestAgeSeconds,
    deadLetters: counts.deadLetters,
    members: counts.members,
    readAt: new Date().toISOString(),
  };
}

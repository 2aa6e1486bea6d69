import type { ServiceTopics } from '@throughline/messaging';
import { type ConfigOf, checkQueue, QUEUE_FIELDS, text } from '@throughline/service';

export const TOPIC_FIELDS = {
  ordersTopic: text('ORDERS_TOPIC', { default: 'intake.orders.v1' }),
  consumerGroup: text('CONSUMER_GROUP', { default: 'intake.worker' }),
  // Each delay has a topic.
  ...QUEUE_FIELDS,
};

export function topicsOf({ ordersTopic, consumerGroup, ...queue }: ConfigOf<typeof TOPIC_FIELDS>) {
  const { retry } = checkQueue(queue);
  return {
    publishes: [],
    subscriptions: [{ group: consumerGroup, topics: [ordersTopic], order: 'none', retry }],
  } as const satisfies ServiceTopics;
}

import type { ServiceTopics } from '@throughline/messaging';
import { type ConfigOf, text } from '@throughline/service';

export const TOPIC_FIELDS = {
  ordersTopic: text('ORDERS_TOPIC', { default: 'intake.orders.v1' }),
  workerGroup: text('WORKER_GROUP', { default: 'intake.worker' }),
};

export function topicsOf({ ordersTopic, workerGroup }: ConfigOf<typeof TOPIC_FIELDS>) {
  return {
    publishes: [{ topic: ordersTopic, partitions: 12 }],
    subscriptions: [],
    watches: [{ group: workerGroup, topics: [ordersTopic] }],
  } as const satisfies ServiceTopics;
}

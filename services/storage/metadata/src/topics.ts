import type { ServiceTopics } from '@throughline/messaging';
import { type ConfigOf, text } from '@throughline/service';

export const TOPIC_FIELDS = {
  objectTopic: text('OBJECT_TOPIC', { default: 'storage.object.v1' }),
  consumerGroup: text('CONSUMER_GROUP', { default: 'storage.metadata' }),
};

export function topicsOf({ objectTopic, consumerGroup }: ConfigOf<typeof TOPIC_FIELDS>) {
  return {
    publishes: [],
    subscriptions: [{ group: consumerGroup, topics: [objectTopic], order: 'none' }],
  } as const satisfies ServiceTopics;
}

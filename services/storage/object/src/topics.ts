import type { ServiceTopics } from '@throughline/messaging';
import { type ConfigOf, text } from '@throughline/service';

export const TOPIC_FIELDS = {
  bucketTopic: text('BUCKET_TOPIC', { default: 'storage.bucket.v1' }),
  objectTopic: text('OBJECT_TOPIC', { default: 'storage.object.v1' }),
  consumerGroup: text('CONSUMER_GROUP', { default: 'storage.object' }),
};

export function topicsOf({ bucketTopic, objectTopic, consumerGroup }: ConfigOf<typeof TOPIC_FIELDS>) {
  return {
    publishes: [{ topic: objectTopic }],
    subscriptions: [{ group: consumerGroup, topics: [bucketTopic], order: 'none' }],
  } as const satisfies ServiceTopics;
}

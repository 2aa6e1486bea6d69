import type { ServiceTopics } from '@throughline/messaging';
import { type ConfigOf, text } from '@throughline/service';

export const TOPIC_FIELDS = { bucketTopic: text('BUCKET_TOPIC', { default: 'storage.bucket.v1' }) };

export function topicsOf({ bucketTopic }: ConfigOf<typeof TOPIC_FIELDS>) {
  return { publishes: [{ topic: bucketTopic }], subscriptions: [] } as const satisfies ServiceTopics;
}

import type { TopicDeclaration } from './messaging-driver.ts';
import { completeRetryPolicy } from './retry-policy.ts';
import type { Subscription } from './subscription.ts';

/** `<group>.retry.<delay>` */
export function retryTopic(group: string, delay: string): string {
  return `${group}.retry.${delay}`;
}

/** The delay in a retry topic's name, or undefined for any other topic. */
export function retryDelayOf(group: string, topic: string): string | undefined {
  const prefix = `${group}.retry.`;
  return topic.startsWith(prefix) ? topic.slice(prefix.length) : undefined;
}

/** `<group>.dlq` */
export function deadLetterTopic(group: string): string {
  return `${group}.dlq`;
}

/**
 * The topics that belong to a group itself: one for each retry delay, and the dead-letter topic, which keeps its records for ever.
 *
 * @param sourcePartitions partitions of the topics that the group reads, at most (default: 6); a dead-letter topic must not have fewer
 */
export function subscriptionTopics(
  subscription: Pick<Subscription<never>, 'group' | 'retry'>,
  sourcePartitions = 6,
): readonly TopicDeclaration[] {
  const { delays } = completeRetryPolicy(subscription.retry);
  return [
    ...delays.map((delay) => ({ topic: retryTopic(subscription.group, delay), partitions: sourcePartitions })),
    { topic: deadLetterTopic(subscription.group), partitions: sourcePartitions, retentionMs: -1 },
  ];
}

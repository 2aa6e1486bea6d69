import type { TopicDeclaration } from '../messaging-driver.ts';
import { completeRetryPolicy } from '../retries/retry-policy.ts';
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

/** `<group>.replay` */
export function replayTopic(group: string): string {
  return `${group}.replay`;
}

/** `<group>.dlq` */
export function deadLetterTopic(group: string): string {
  return `${group}.dlq`;
}

/**
 * The topics that belong to a group itself: the dead-letter topic, which keeps its records for ever, the one of replays, and one for each retry delay, but not where the order
 * of keys is kept: there failed events wait in the group's database.
 *
 * @param sourcePartitions partitions of the topics that the group reads, at most (default: 6); a dead-letter topic must not have fewer
 */
export function subscriptionTopics(
  subscription: Pick<Subscription<never>, 'group' | 'retry'> & { readonly order?: Subscription<never>['order'] },
  sourcePartitions = 6,
): readonly TopicDeclaration[] {
  const { group, order, retry } = subscription;
  const { delays } = completeRetryPolicy(retry);
  const retries = order === 'key' ? [] : delays.map((delay) => retryTopic(group, delay));
  return [
    ...[...retries, replayTopic(group)].map((topic) => ({ topic, partitions: sourcePartitions })),
    { topic: deadLetterTopic(group), partitions: sourcePartitions, retentionMs: -1 },
  ];
}

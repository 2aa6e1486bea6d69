import { EventError } from '@throughline/events';
import type { MessagingDriver } from '../messaging-driver.ts';
import { completeRetryPolicy, delayToMs } from '../retries/retry-policy.ts';
import { matchTopics } from './follow-topics.ts';
import type { Subscription } from './subscription.ts';
import { deadLetterTopic, replayTopic, retryDelayOf, retryTopic } from './subscription-topics.ts';

/** What a group reads. */
export interface ResolvedTopics {
  /** Declared by name, and those that exist and match a declared pattern. */
  readonly source: readonly string[];
  /** The group's own: retries, replays. */
  readonly own: readonly string[];
}

/** Retry topics that exist for a delay that was removed, or from before the order of keys was kept, are read on until they are empty. */
export async function resolveTopics<Tx>(subscription: Subscription<Tx>, driver: MessagingDriver): Promise<ResolvedTopics> {
  const { group, topics, order, retry } = subscription;
  const existing = await driver.listTopics();
  const { delays } = completeRetryPolicy(retry);
  const retries = order === 'key' ? [] : delays.map((delay) => retryTopic(group, delay));
  const former = existing.filter((topic) => isRetryTopic(group, topic));
  return {
    source: await matchTopics({ listTopics: async () => existing }, topics),
    own: [...new Set([...retries, replayTopic(group), ...former])],
  };
}

/** A topic `<group>.retry.<delay>` whose delay is one. */
export function isRetryTopic(group: string, topic: string): boolean {
  const delay = retryDelayOf(group, topic);
  if (delay === undefined) return false;
  try {
    return delayToMs(delay) > 0;
  } catch {
    return false;
  }
}

/** @throws {EventError} `CONFIGURATION_REFUSED` for a dead-letter topic with fewer partitions than one of the topics */
export async function requireDeadLetterPartitions(
  group: string,
  topics: readonly string[],
  driver: MessagingDriver,
): Promise<void> {
  const own = deadLetterTopic(group);
  const partitions = await driver.partitionCount(own);
  for (const topic of topics) {
    const needed = await driver.partitionCount(topic);
    if (partitions >= needed) continue;
    const counts = `${own} has ${partitions} partitions and ${topic} has ${needed}`;
    throw new EventError(
      'CONFIGURATION_REFUSED',
      `${counts}: a dead-letter topic must not have fewer than the topics its group reads`,
    );
  }
}

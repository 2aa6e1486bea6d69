import type { TopicDeclaration } from '../messaging-driver.ts';
import type { Subscription } from './subscription.ts';

/** A group that reads topics. */
export interface TopicReader {
  readonly group: string;
  /** Names or patterns. */
  readonly topics: readonly string[];
}

/** The part of a subscription that its group's own topics follow from. */
export type SubscribedTopics = TopicReader & Pick<Subscription<never>, 'order' | 'retry'>;

/**
 * All that a service has to do with topics. What it runs with, and what its topics, its user and that user's rights in a cluster are made from: there is no other list.
 */
export interface ServiceTopics {
  /** Topics that the service writes to and that are its own to declare. */
  readonly publishes: readonly TopicDeclaration[];
  readonly subscriptions: readonly SubscribedTopics[];
  /** Groups without topics of their own: no retries, no dead letters. (Default: none) */
  readonly readers?: readonly TopicReader[];
  /** Groups of other services whose queues are looked at. (Default: none) */
  readonly watches?: readonly TopicReader[];
}

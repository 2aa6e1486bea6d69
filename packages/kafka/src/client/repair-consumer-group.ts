import type { PartitionAssigner } from 'kafkajs';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';

/** What decides about the fetches of one consumer. */
export interface FetchSteering {
  /** What shall be read, asked before each fetch; another list than before makes the member join again with it, keeping its id. */
  topics(): readonly string[];
  /** How long a broker may wait for data, milliseconds. */
  waitMs(): number;
  /** Data for which it waits. */
  minBytes(): number;
  /** Resolves when it is worth asking again whether there is anything to fetch. */
  rest(): Promise<void>;
  /** The member joins with these topics next; with an error, that it could not and reads what it read before. */
  onTopics(topics: readonly string[], error?: unknown): void;
}

const STEERED = new WeakMap<object, FetchSteering>();
const fetchOfKafkajs = ConsumerGroup.prototype.fetch;

/** Links a consumer, of which kafkajs shows nothing else, with its steering. */
export function withSteering(assigner: PartitionAssigner, steering: FetchSteering): PartitionAssigner {
  return (config) => {
    const made = assigner(config);
    STEERED.set(made, steering);
    return made;
  };
}

/**
 * kafkajs 2.2.4 cannot change what a running consumer reads except by leaving the group, and lets a resumed partition wait: it sleeps for the whole fetch wait while all is paused, and what was
 * resumed during a fetch is in the next one only. Steered consumers change their topics within the group, rest no longer than needed, and ask brokers to wait as long as is right now.
 * Applies to the process' kafkajs; consumers that are not steered are as before.
 */
export function repairConsumerGroup(): void {
  ConsumerGroup.prototype.fetch = async function fetch(nodeId: number): Promise<unknown[]> {
    const steering = STEERED.get(this.assigners[0] ?? this);
    if (steering === undefined) return fetchOfKafkajs.call(this, nodeId);
    await followTopics(this, steering);
    if (hasNothingToFetch(this, nodeId)) return restOf(this, steering);
    this.maxWaitTime = steering.waitMs();
    this.minBytes = steering.minBytes();
    return fetchOfKafkajs.call(this, nodeId);
  };
}

async function followTopics(group: ConsumerGroup, steering: FetchSteering): Promise<void> {
  const wanted = steering.topics();
  if (isSame(wanted, group.topicsSubscribed)) return;
  const { cluster, topicConfigurations } = group;
  const former = new Set(cluster.targetTopics);
  try {
    await cluster.addMultipleTargetTopics([...wanted]);
  } catch (error) {
    cluster.targetTopics = former;
    steering.onTopics(wanted, error);
    return;
  }
  for (const topic of group.topicsSubscribed) if (!wanted.includes(topic)) cluster.targetTopics.delete(topic);
  for (const topic of wanted) topicConfigurations[topic] = { fromBeginning: true };
  group.topicsSubscribed = [...wanted];
  steering.onTopics(wanted);
  // As a broker's answer would: kafkajs ends its fetches and joins again.
  throw Object.assign(new Error('the topics of the subscription have changed'), { type: 'REBALANCE_IN_PROGRESS' });
}

function hasNothingToFetch(group: ConsumerGroup, nodeId: number): boolean {
  try {
    return group
      .filterPartitionsByNode(nodeId, group.subscriptionState.active())
      .every(({ partitions }) => partitions.length === 0);
  } catch {
    // A partition without leader: kafkajs' own fetch meets it too and knows what to do.
    return false;
  }
}

async function restOf(group: ConsumerGroup, steering: FetchSteering): Promise<unknown[]> {
  try {
    await group.cluster.refreshMetadataIfNecessary();
  } catch (error) {
    await group.recoverFromFetch(error);
  }
  await steering.rest();
  return [];
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  const names = new Set(one);
  return other.every((topic) => names.has(topic));
}

import { matchesPattern } from '@throughline/events';
import {
  OUTCOMES_TOPIC_DECLARATION,
  type ServiceTopics,
  subscriptionTopics,
  type TopicDeclaration,
  type TopicReader,
} from '@throughline/messaging';

/** A topic as a cluster declares it. */
export interface TopicResource {
  readonly topic: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

/** What a service's Kafka user may do, in the words of a KafkaUser's `acls`. */
export interface Right {
  readonly resource: { readonly type: 'topic' | 'group'; readonly name: string; readonly patternType: 'literal' | 'prefix' };
  readonly operations: readonly ('Read' | 'Write' | 'Describe' | 'Delete')[];
}

/** What a service needs of Kafka. */
export interface KafkaResources {
  readonly topics: readonly TopicResource[];
  readonly rights: readonly Right[];
}

const DEFAULT_PARTITIONS = 6;
const DEFAULT_RETENTION_MS = 7 * 24 * 60 * 60 * 1_000;

/** The topics that are a service's own to declare, and the rights of its user: those, and no more. `all` are the declarations of every service, its own among them. */
export function kafkaResourcesOf(own: ServiceTopics, all: readonly ServiceTopics[]): KafkaResources {
  const published = all.flatMap(({ publishes }) => publishes);
  const ownOfGroups = own.subscriptions.flatMap((subscription) =>
    subscriptionTopics(subscription, partitionsOf(subscription, published)),
  );
  return {
    topics: [...own.publishes, OUTCOMES_TOPIC_DECLARATION, ...ownOfGroups].map(complete),
    rights: merged([
      ...[...own.publishes, OUTCOMES_TOPIC_DECLARATION].map(({ topic }) => right('topic', topic, ['Write', 'Describe'])),
      ...own.subscriptions.flatMap(rightsOfSubscription),
      ...(own.readers ?? []).flatMap(rightsOfReader),
      ...(own.watches ?? []).flatMap(rightsOfWatch),
    ]),
  };
}

/** A group's own topics must not have fewer than those it reads. */
function partitionsOf({ topics }: TopicReader, published: readonly TopicDeclaration[]): number {
  const read = published.filter(({ topic }) =>
    topics.some((wanted) => wanted === topic || (isPattern(wanted) && matchesPattern(wanted, topic))),
  );
  return Math.max(DEFAULT_PARTITIONS, ...read.map(({ partitions = DEFAULT_PARTITIONS }) => partitions));
}

function complete({
  topic,
  partitions = DEFAULT_PARTITIONS,
  retentionMs = DEFAULT_RETENTION_MS,
}: TopicDeclaration): TopicResource {
  return { topic, partitions, retentionMs };
}

/** Side replays have groups `<group>.replay.<job>`, which are forgotten when they are over. */
function rightsOfSubscription(subscription: TopicReader): readonly Right[] {
  const { group } = subscription;
  return [
    ...rightsOfReader(subscription),
    right('topic', `${group}.`, ['Read', 'Write', 'Describe'], 'prefix'),
    right('group', `${group}.`, ['Read', 'Describe', 'Delete'], 'prefix'),
  ];
}

function rightsOfReader({ group, topics }: TopicReader): readonly Right[] {
  return [...topics.map((topic) => rightOnSource(topic, ['Read', 'Describe'])), right('group', group, ['Read', 'Describe'])];
}

function rightsOfWatch({ group, topics }: TopicReader): readonly Right[] {
  return [
    ...topics.map((topic) => rightOnSource(topic, ['Describe'])),
    right('topic', `${group}.`, ['Describe'], 'prefix'),
    right('group', group, ['Describe']),
  ];
}

/** A pattern becomes what stands before its first wildcard: wider than what is meant, but it is all that Kafka knows. */
function rightOnSource(topic: string, operations: Right['operations']): Right {
  if (!isPattern(topic)) return right('topic', topic, operations);
  const prefix = topic.slice(0, topic.search(/[*#]/));
  return prefix === '' ? right('topic', '*', operations) : right('topic', prefix, operations, 'prefix');
}

function right(
  type: Right['resource']['type'],
  name: string,
  operations: Right['operations'],
  patternType: Right['resource']['patternType'] = 'literal',
): Right {
  return { resource: { type, name, patternType }, operations };
}

/** One entry a resource. */
function merged(rights: readonly Right[]): readonly Right[] {
  const groups = Map.groupBy(rights, ({ resource: { type, name, patternType } }) => [type, patternType, name].join(' '));
  return [...groups.values()].map((same) => ({
    resource: (same[0] as Right).resource,
    operations: [...new Set(same.flatMap(({ operations }) => operations))].sort(),
  }));
}

function isPattern(topic: string): boolean {
  return /[*#]/.test(topic);
}

import { EventError } from '@throughline/events';
import { type Clock, systemClock } from '../clock.ts';
import type { MessagingDriver, RecordProducer } from '../messaging-driver.ts';
import type { IncomingRecord } from '../record.ts';
import { InMemoryConsumer } from './in-memory-consumer.ts';
import { createInMemoryGroups } from './in-memory-groups.ts';
import { InMemoryLog } from './in-memory-log.ts';

/** A driver for tests, with a view into its topics and a switch. */
export interface InMemoryDriver extends MessagingDriver {
  /** All records of a topic, partition by partition. */
  records(topic: string): readonly IncomingRecord[];
  committed(group: string, topic: string, partition: number): bigint;
  /** While false sends and pings reject with `SEND_FAILED`. */
  isAvailable: boolean;
}

/** The semantics of the driver port (keys, order, groups, offsets, due times) without a broker. Nothing is bounded, nothing expires. */
export function createInMemoryDriver({ clock = systemClock }: { readonly clock?: Clock } = {}): InMemoryDriver {
  const log = new InMemoryLog();
  const members = new Set<InMemoryConsumer>();
  const requireAvailable = () => {
    if (!driver.isAvailable) throw new EventError('SEND_FAILED', 'broker switched off', { retryable: true });
  };
  const driver: InMemoryDriver = {
    isAvailable: true,
    records: (topic) => log.partitionsOf(topic).flat(),
    committed: (group, topic, partition) => log.committed(group, topic, partition) ?? 0n,
    createProducer: async (): Promise<RecordProducer> => ({
      send: async (records) => {
        requireAvailable();
        for (const { topic } of records) log.partitionsOf(topic);
        const positions = records.map((record) => log.append(record, clock.nowMs()));
        for (const member of members) member.fetch();
        return positions;
      },
      close: async () => undefined,
    }),
    consume: async (options) => {
      for (const topic of options.topics) log.partitionsOf(topic);
      const onTopics = () => rebalance(log, members, options.group);
      const onLeave = (member: InMemoryConsumer) => {
        members.delete(member);
        onTopics();
      };
      const consumer = new InMemoryConsumer({ log, options, clock, onLeave, onTopics });
      members.add(consumer);
      onTopics();
      return consumer;
    },
    ensureTopics: async (declarations, { create }) => {
      const missing = declarations.filter(({ topic }) => !log.names().includes(topic));
      if (!create && missing.length > 0) {
        const names = missing.map(({ topic }) => topic).join(', ');
        throw new EventError('TOPIC_MISSING', `these topics do not exist: ${names}`, { retryable: true });
      }
      for (const declaration of missing) log.create(declaration);
    },
    listTopics: async () => log.names(),
    groups: createInMemoryGroups(log, members),
    partitionCount: async (topic) => log.partitionsOf(topic).length,
    ping: async () => requireAvailable(),
    close: async () => {
      await Promise.all([...members].map((member) => member.stop()));
    },
  };
  return driver;
}

/** In turn among the members that read the topic. */
function rebalance(log: InMemoryLog, members: ReadonlySet<InMemoryConsumer>, group: string): void {
  const ofGroup = [...members].filter((member) => member.options.group === group);
  const assigned = new Map<InMemoryConsumer, { topic: string; partition: number }[]>(ofGroup.map((member) => [member, []]));
  for (const topic of new Set(ofGroup.flatMap((member) => [...member.topics]))) {
    const readers = ofGroup.filter((member) => member.topics.includes(topic));
    log.partitionsOf(topic).forEach((_, partition) => {
      const reader = readers[partition % readers.length];
      if (reader !== undefined) assigned.get(reader)?.push({ topic, partition });
    });
  }
  for (const [member, partitions] of assigned) member.assign(partitions);
}

import { EventError } from '@throughline/events';
import type { GroupAdmin, PartitionOffset } from '../messaging-driver.ts';
import type { IncomingRecord } from '../record.ts';
import type { InMemoryConsumer } from './in-memory-consumer.ts';
import type { InMemoryLog } from './in-memory-log.ts';

/** Questions to and orders for groups over the log in memory. */
export function createInMemoryGroups(log: InMemoryLog, members: ReadonlySet<InMemoryConsumer>): GroupAdmin {
  const count = (group: string) => [...members].filter(({ options }) => options.group === group).length;
  const offsets = (topics: readonly string[], offsetIn: (records: readonly IncomingRecord[]) => number): PartitionOffset[] =>
    topics.flatMap((topic) =>
      log.partitionsOf(topic).map((records, partition) => ({ topic, partition, offset: BigInt(offsetIn(records)) })),
    );
  const requireNoMembers = (group: string, doing: string) => {
    const present = count(group);
    if (present > 0) throw new EventError('CONFIGURATION_REFUSED', `${doing} of ${group}: it has ${present} members`);
  };
  return {
    offsetsAt: async (topics, timestampMs) =>
      offsets(topics, (records) => {
        const first = records.findIndex((record) => record.timestampMs >= timestampMs);
        return first === -1 ? records.length : first;
      }),
    endOffsets: async (topics) => offsets(topics, (records) => records.length),
    offsets: async (group, topics) =>
      offsets(topics, (records) => records.length).map(({ topic, partition, offset }) => ({
        topic,
        partition,
        committed: log.committed(group, topic, partition),
        low: 0n,
        high: offset,
      })),
    memberCount: async (group) => count(group),
    setOffsets: async (group, wanted) => {
      requireNoMembers(group, 'setting the offsets');
      for (const { topic, partition, offset } of wanted) log.commit(group, topic, partition, offset);
    },
    delete: async (group) => {
      requireNoMembers(group, 'deleting the offsets');
      log.forget(group);
    },
  };
}

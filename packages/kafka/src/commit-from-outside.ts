import type { PartitionOffset } from '@throughline/messaging';
import type { PartitionAssigner } from 'kafkajs';
import type { KafkaClient } from './client/create-client.ts';

export interface OutsideCommit {
  readonly client: KafkaClient;
  readonly group: string;
  readonly offsets: readonly PartitionOffset[];
}

/** The part of kafkajs' cluster (2.2.4) that is needed here. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(group: { groupId: string }): Promise<{ offsetCommit(request: object): Promise<unknown> }>;
}

/**
 * Commits offsets for a group that has no members, as the protocol provides for it: without member id and generation. kafkajs' own way joins the group and takes 5 s a topic.
 * Ends the client. Rejects with kafkajs' error when the group has members.
 */
export async function commitFromOutside({ client, group, offsets }: OutsideCommit): Promise<void> {
  const cluster = clusterOf(client, group);
  const byTopic = Map.groupBy(offsets, ({ topic }) => topic);
  const topics = [...byTopic].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition, offset }) => ({ partition, offset: offset.toString() })),
  }));
  try {
    await cluster.connect();
    const coordinator = await cluster.findGroupCoordinator({ groupId: group });
    await coordinator.offsetCommit({ groupId: group, groupGenerationId: -1, memberId: '', topics });
  } finally {
    await cluster.disconnect().catch(() => undefined);
    client.end();
  }
}

/** kafkajs shows its cluster to assigners only, when it makes a consumer. */
function clusterOf({ kafka }: KafkaClient, group: string): Cluster {
  const shown: Cluster[] = [];
  const noteCluster: PartitionAssigner = ({ cluster }) => {
    shown.push(cluster as unknown as Cluster);
    return { name: 'none', version: 1, assign: async () => [], protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }) };
  };
  kafka.consumer({ groupId: group, partitionAssigners: [noteCluster] });
  return shown[0] as Cluster;
}

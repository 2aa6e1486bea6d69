import { AssignerProtocol, type GroupMember, type GroupMemberAssignment, type PartitionAssigner } from 'kafkajs';

const NAME = 'throughline-subscribed-v1';

type PartitionsByTopic = Readonly<Record<string, readonly number[]>>;

interface Member {
  readonly memberId: string;
  readonly topics: ReadonlySet<string>;
  readonly owned: PartitionsByTopic;
  readonly assigned: Record<string, number[]>;
}

/**
 * Gives a partition only to a member that subscribes to its topic (kafkajs' own assigner hands out the leader's topics to everybody, which
 * loses them during a rolling update), evenly by topic, and leaves partitions where they are as far as that allows.
 *
 * @param owned what this member has now; it travels in the member's metadata
 */
export function createSubscribedAssigner(owned: () => PartitionsByTopic): PartitionAssigner {
  return ({ cluster, logger }) => {
    /** Topics that only others subscribe to are not in the leader's metadata until they are asked for. */
    const partitionsOf = async (topic: string): Promise<number[]> => {
      try {
        await (cluster as unknown as { addTargetTopic(topic: string): Promise<void> }).addTargetTopic(topic);
      } catch (error) {
        logger.error(`Topic ${topic} of another member is left out`, { error });
        return [];
      }
      return cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
    };
    return {
      name: NAME,
      version: 1,
      protocol: ({ topics }) => ({
        name: NAME,
        metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.from(JSON.stringify(owned())) }),
      }),
      assign: async ({ members }) => {
        const all = members.map(readMember).sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
        for (const topic of [...new Set(all.flatMap((member) => [...member.topics]))].sort()) {
          assignTopic(topic, await partitionsOf(topic), all);
        }
        return all.map(writeAssignment);
      },
    };
  };
}

/** Shares one topic out among those who subscribe to it; exported for tests. */
export function assignTopic(topic: string, partitions: readonly number[], members: readonly Member[]): void {
  const candidates = members.filter((member) => member.topics.has(topic)).sort((a, b) => compare(topic, a, b));
  if (candidates.length === 0) return;
  const left = new Set(partitions);
  const floor = Math.floor(partitions.length / candidates.length);
  const withOneMore = partitions.length % candidates.length;
  const shares = candidates.map((member, index) => ({
    member,
    quota: floor + (index < withOneMore ? 1 : 0),
    taken: [] as number[],
  }));
  for (const { member, quota, taken } of shares) {
    for (const partition of member.owned[topic] ?? []) if (taken.length < quota && left.delete(partition)) taken.push(partition);
  }
  const free = [...left].sort((a, b) => a - b);
  for (const { member, quota, taken } of shares) {
    taken.push(...free.splice(0, quota - taken.length));
    if (taken.length > 0) member.assigned[topic] = taken.sort((a, b) => a - b);
  }
}

/** Who has more of the topic keeps more of it; among equals who was given less so far comes first. */
function compare(topic: string, a: Member, b: Member): number {
  return (
    (b.owned[topic]?.length ?? 0) - (a.owned[topic]?.length ?? 0) || total(a) - total(b) || (a.memberId < b.memberId ? -1 : 1)
  );
}

function total(member: Member): number {
  return Object.values(member.assigned).reduce((sum, partitions) => sum + partitions.length, 0);
}

function readMember({ memberId, memberMetadata }: GroupMember): Member {
  const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata);
  return { memberId, topics: new Set(metadata?.topics), owned: readOwned(metadata?.userData), assigned: {} };
}

function readOwned(userData: Buffer | undefined): PartitionsByTopic {
  try {
    return JSON.parse(userData?.toString() || '{}') as PartitionsByTopic;
  } catch {
    return {};
  }
}

function writeAssignment({ memberId, assigned }: Member): GroupMemberAssignment {
  return {
    memberId,
    memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 1, assignment: assigned, userData: Buffer.alloc(0) }),
  };
}

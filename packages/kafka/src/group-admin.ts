import { EventError } from '@throughline/events';
import type { GroupAdmin, PartitionOffset } from '@throughline/messaging';
import type { Admin } from 'kafkajs';
import type { KafkaClient } from './client/create-client.ts';
import { commitFromOutside } from './commit-from-outside.ts';
import { toEventError } from './to-event-error.ts';
import type { TopicAdmin } from './topic-admin.ts';

export interface GroupAdminOptions {
  readonly admin: TopicAdmin;
  readonly createClient: () => KafkaClient;
}

/** Questions to and orders for consumer groups. */
export function createGroupAdmin({ admin, createClient }: GroupAdminOptions): GroupAdmin {
  const memberCount = (group: string) =>
    admin.ask(`counting the members of ${group}`, async (kafka) => {
      const { groups } = await kafka.describeGroups([group]);
      return groups[0]?.members.length ?? 0;
    });
  const requireNoMembers = async (group: string, doing: string) => {
    const members = await memberCount(group);
    if (members > 0) throw hasMembers(doing, `it has ${members} members`);
  };
  return {
    memberCount,
    offsetsAt: (topics, timestampMs) =>
      admin.ask('looking up offsets by time', (kafka) =>
        perTopic(topics, async (topic) => await kafka.fetchTopicOffsetsByTimestamp(topic, timestampMs)),
      ),
    endOffsets: (topics) =>
      admin.ask('looking up the ends of topics', (kafka) =>
        perTopic(topics, async (topic) =>
          (await kafka.fetchTopicOffsets(topic)).map(({ partition, high }) => ({ partition, offset: high })),
        ),
      ),
    offsets: (group, topics) => admin.ranges(group, topics),
    setOffsets: async (group, offsets) => {
      const doing = `setting the offsets of ${group}`;
      await requireNoMembers(group, doing);
      try {
        await commitFromOutside({ client: createClient(), group, offsets });
      } catch (error) {
        if (isOfMembers(error)) throw hasMembers(doing, 'it has members', error);
        throw toEventError(error, doing);
      }
    },
    delete: async (group) => {
      const doing = `deleting the group ${group}`;
      await requireNoMembers(group, doing);
      await admin.ask(doing, (kafka) => deleteGroup(kafka, group));
    },
  };
}

/** One topic after the other: kafkajs' admin asks for its metadata anew with each topic it did not know, and loses the others meanwhile. @throws when a topic has none: nothing would be set or read of it */
async function perTopic(
  topics: readonly string[],
  ask: (topic: string) => Promise<readonly { partition: number; offset: string }[]>,
): Promise<PartitionOffset[]> {
  const offsets: PartitionOffset[] = [];
  for (const topic of topics) {
    const answer = await ask(topic);
    if (answer.length === 0) throw new Error(`offsets of ${topic} are missing in the answer`);
    for (const { partition, offset } of answer) offsets.push({ topic, partition, offset: BigInt(offset) });
  }
  return offsets.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : 0));
}

async function deleteGroup(kafka: Admin, group: string): Promise<void> {
  try {
    await kafka.deleteGroups([group]);
  } catch (error) {
    if (typesOf(error).every((type) => type === 'GROUP_ID_NOT_FOUND')) return;
    if (typesOf(error).includes('NON_EMPTY_GROUP')) throw hasMembers(`deleting the group ${group}`, 'it has members', error);
    throw error;
  }
}

/** The protocol's names of what went wrong, group by group. */
function typesOf(error: unknown): (string | undefined)[] {
  const { groups, type } = error as { groups?: readonly { error?: { type?: string } }[]; type?: string };
  return groups?.map((each) => each.error?.type) ?? [type];
}

/** The coordinator knows no member without id in a group that has some. */
function isOfMembers(error: unknown): boolean {
  return ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'].includes((error as { type?: string }).type ?? '');
}

function hasMembers(doing: string, why: string, cause?: unknown): EventError {
  return new EventError('CONFIGURATION_REFUSED', `${doing}: ${why}`, { cause });
}

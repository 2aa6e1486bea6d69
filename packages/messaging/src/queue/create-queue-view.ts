import { type Clock, systemClock } from '../clock.ts';
import type { GroupAdmin, GroupOffset, MessagingDriver, PartitionOffset } from '../messaging-driver.ts';
import { delayToMs } from '../retries/retry-policy.ts';
import { matchTopics } from '../subscribing/follow-topics.ts';
import { isRetryTopic } from '../subscribing/resolve-topics.ts';
import { replayTopic, retryDelayOf } from '../subscribing/subscription-topics.ts';
import { oldestAgeMs } from './oldest-age.ts';
import type { QueueCounts } from './queue-counts.ts';
import type { QueueMembers } from './queue-members.ts';

export interface QueueViewOptions {
  readonly driver: Pick<MessagingDriver, 'listTopics' | 'groups'>;
  /** A group of `order: 'none'`: where the order of keys is kept, failed events wait in its database, which this does not see. */
  readonly group: string;
  /** What the group reads: names or patterns. Its topics for retries and replays are found by their names. */
  readonly topics: readonly string[];
  /** What members told. */
  readonly members: QueueMembers;
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/** A consumer group, shown as a queue. */
export interface QueueView {
  readonly group: string;
  readonly topics: readonly string[];
  /** Asks broker and members; needs no member to run. @throws {EventError} `SEND_FAILED` (retryable) when no broker answers */
  read(): Promise<QueueCounts>;
}

/**
 * Shows a group as a queue, with the meanings that users of SQS know. Anybody with a driver may: it joins nothing and changes nothing.
 *
 * @example
 * const view = createQueueView({ driver, group: 'intake.worker', topics: ['intake.orders.v1'], members: createQueueMembers({ redis }) });
 * const { visible, inFlight, delayed, oldestAgeSeconds } = await view.read();
 */
export function createQueueView(options: QueueViewOptions): QueueView {
  const { group, topics, members } = options;
  return {
    group,
    topics,
    read: async () => {
      const [log, told, deadLetters] = await Promise.all([readLog(options), members.members(group), members.deadLetters(group)]);
      return { ...split(log.due, told), delayed: log.delayed, ...log.shown, deadLetters: deadLetters ?? null };
    },
  };
}

interface LogCounts {
  /** Records that are not finished as far as commits tell, and may be handled now. */
  readonly due: number;
  readonly delayed: number;
  readonly shown: Pick<QueueCounts, 'oldestAgeSeconds' | 'members'>;
}

async function readLog({ driver, group, topics, clock = systemClock }: QueueViewOptions): Promise<LogCounts> {
  const { groups } = driver;
  const present = await driver.listTopics();
  const retries = present.filter((topic) => isRetryTopic(group, topic));
  const sources = await matchTopics({ listTopics: async () => present }, topics);
  const read = [...new Set([...sources, replayTopic(group), ...retries])].filter((topic) => present.includes(topic));
  const nowMs = clock.nowMs();
  const offsets = await groups.offsets(group, read);
  const unfinished = offsets.filter((offset) => firstUnfinished(offset) < offset.high);
  const lag = unfinished.reduce((sum, offset) => sum + offset.high - firstUnfinished(offset), 0n);
  const delayed = await countDelayed({ groups, group, unfinished, nowMs });
  const ageMs = await oldestAgeMs({ groups, nowMs, unfinished: unfinished.map(toPlace) });
  const memberCount = await groups.memberCount(group);
  return {
    due: Number(lag - delayed),
    delayed: Number(delayed),
    shown: { oldestAgeSeconds: ageMs / 1000, members: memberCount },
  };
}

/** Of a group that never committed everything in the log is still to come. */
function firstUnfinished({ committed, low }: GroupOffset): bigint {
  return committed === undefined || committed < low ? low : committed;
}

function toPlace(offset: GroupOffset): PartitionOffset {
  return { topic: offset.topic, partition: offset.partition, offset: firstUnfinished(offset) };
}

/** A record of a retry topic is due when it has lain there for the topic's delay. */
async function countDelayed(asked: {
  readonly groups: Pick<GroupAdmin, 'offsetsAt'>;
  readonly group: string;
  readonly unfinished: readonly GroupOffset[];
  readonly nowMs: number;
}): Promise<bigint> {
  let delayed = 0n;
  for (const topic of new Set(asked.unfinished.map((offset) => offset.topic))) {
    const delay = retryDelayOf(asked.group, topic);
    if (delay === undefined) continue;
    const notDue = await asked.groups.offsetsAt([topic], asked.nowMs - delayToMs(delay));
    for (const offset of asked.unfinished.filter((each) => each.topic === topic)) {
      const first = notDue.find(({ partition }) => partition === offset.partition)?.offset ?? offset.high;
      delayed += positive(offset.high - larger(first, firstUnfinished(offset)));
    }
  }
  return delayed;
}

/** What members told is up to a second old: of a queue that was drained meanwhile they have nothing in hand. */
function split(due: number, told: Awaited<ReturnType<QueueMembers['members']>>): Pick<QueueCounts, 'visible' | 'inFlight'> {
  if (told === undefined) return { visible: due, inFlight: null };
  const finishedAhead = told.reduce((sum, figures) => sum + (figures.finishedAhead ?? 0), 0);
  const unfinished = Math.max(0, due - finishedAhead);
  const inFlight = Math.min(
    unfinished,
    told.reduce((sum, figures) => sum + figures.inFlight, 0),
  );
  return { visible: unfinished - inFlight, inFlight };
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}

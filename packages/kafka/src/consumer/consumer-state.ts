import type { ConsumerState, RecordScheduler, TopicProgress } from '@throughline/messaging';
import type { OwnedPartition } from './assignment.ts';

/** How a member is doing, from its partitions and its scheduler. */
export function toConsumerState(owned: readonly OwnedPartition[], scheduler: RecordScheduler, isJoined: boolean): ConsumerState {
  return {
    isJoined,
    inFlight: scheduler.inFlight,
    queued: scheduler.queued,
    finishedAhead: owned.reduce((sum, { work }) => sum + work.window.size - work.window.unfinished, 0),
    pausedPartitions: owned.filter(isPausedOnPurpose).length,
    haltedPartitions: owned.filter((each) => each.isHalted).length,
    lastProgressAtMs: scheduler.lastProgressAtMs,
    ...lagOf(owned),
  };
}

/** The last for a member that is full as a whole. */
function isPausedOnPurpose({ isHalted, isPositioned, isFull, isPaused, work }: OwnedPartition): boolean {
  return !isHalted && (isFull || work.isHeld || (isPositioned && isPaused === true));
}

function lagOf(owned: readonly OwnedPartition[]): Pick<ConsumerState, 'lag' | 'dueLag' | 'topics'> {
  const topics = new Map<string, TopicProgress>();
  let dueLag = 0n;
  for (const each of owned) {
    const { topic, highWatermark, work, haltedAtMs } = each;
    const position = work.window.position;
    if (highWatermark === undefined || (position === undefined && haltedAtMs === undefined)) continue;
    const lag = position !== undefined && highWatermark > position ? highWatermark - position : 0n;
    if (!each.isHalted && !work.isHeld) dueLag += lag;
    const others = topics.get(topic);
    topics.set(topic, {
      lag: lag + (others?.lag ?? 0n),
      oldestTimestampMs: earlier(earlier(work.window.oldestTimestampMs, haltedAtMs), others?.oldestTimestampMs),
    });
  }
  if (topics.size === 0) return { lag: undefined, dueLag: undefined, topics };
  return { lag: [...topics.values()].reduce((sum, each) => sum + each.lag, 0n), dueLag, topics };
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

import type { ConsumerState, RecordScheduler, TopicProgress } from '@throughline/messaging';
import type { OwnedPartition } from './assignment.ts';

/** How a member is doing, from its partitions and its scheduler. */
export function toConsumerState(owned: readonly OwnedPartition[], scheduler: RecordScheduler, isJoined: boolean): ConsumerState {
  return {
    isJoined,
    inFlight: scheduler.inFlight,
    queued: scheduler.queued,
    pausedPartitions: owned.filter((each) => !each.isHalted && (each.isFull || each.work.isHeld)).length,
    haltedPartitions: owned.filter((each) => each.isHalted).length,
    lastProgressAtMs: scheduler.lastProgressAtMs,
    ...lagOf(owned),
  };
}

function lagOf(owned: readonly OwnedPartition[]): Pick<ConsumerState, 'lag' | 'topics'> {
  const topics = new Map<string, TopicProgress>();
  for (const { topic, highWatermark, work } of owned) {
    const position = work.window.position;
    if (highWatermark === undefined || position === undefined) continue;
    const lag = highWatermark > position ? highWatermark - position : 0n;
    const others = topics.get(topic);
    topics.set(topic, {
      lag: lag + (others?.lag ?? 0n),
      oldestTimestampMs: earlier(work.window.oldestTimestampMs, others?.oldestTimestampMs),
    });
  }
  const lag = topics.size === 0 ? undefined : [...topics.values()].reduce((sum, each) => sum + each.lag, 0n);
  return { lag, topics };
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

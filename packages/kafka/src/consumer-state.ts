import type { ConsumerState, RecordScheduler } from '@throughline/messaging';
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

function lagOf(owned: readonly OwnedPartition[]): Pick<ConsumerState, 'lag' | 'lagByTopic'> {
  const lagByTopic = new Map<string, bigint>();
  for (const { topic, highWatermark, work } of owned) {
    const position = work.window.position;
    if (highWatermark === undefined || position === undefined) continue;
    const lag = highWatermark > position ? highWatermark - position : 0n;
    lagByTopic.set(topic, (lagByTopic.get(topic) ?? 0n) + lag);
  }
  const lag = lagByTopic.size === 0 ? undefined : [...lagByTopic.values()].reduce((sum, each) => sum + each, 0n);
  return { lag, lagByTopic };
}

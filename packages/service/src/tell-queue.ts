import { randomUUID } from 'node:crypto';
import type { QueueMembers, RunningSubscription } from '@throughline/messaging';
import type { ServiceRuntime } from './run-service.ts';

export interface TellQueueOptions {
  readonly runtime: Pick<ServiceRuntime, 'logger'>;
  readonly running: Pick<RunningSubscription, 'group' | 'state'>;
  readonly members: QueueMembers;
  /** Dead letters of the group that wait for a decision. */
  readonly countDeadLetters: () => Promise<number>;
  /** How often figures are told, milliseconds. (Default: 1 000) */
  readonly intervalMs?: number;
  /** How often dead letters are counted and told, milliseconds. (Default: 5 000) */
  readonly deadLetterIntervalMs?: number;
}

/** Tells what this process has in hand of a group, for those who show its queue. A store that hangs has one question at a time from here. */
export function tellQueue(options: TellQueueOptions): { stop(): Promise<void> } {
  const { runtime, running, members, intervalMs = 1_000, deadLetterIntervalMs = 5_000 } = options;
  const { group } = running;
  const memberId = randomUUID();
  const figures = repeat(intervalMs, () => {
    const { inFlight, finishedAhead } = running.state();
    return members.tell(group, memberId, { inFlight, finishedAhead });
  });
  const deadLetters = repeat(deadLetterIntervalMs, async () => {
    try {
      await members.tellDeadLetters(group, await options.countDeadLetters());
    } catch (error) {
      runtime.logger.debug({ err: error, group }, `The dead letters of ${group} could not be counted`);
    }
  });
  return {
    stop: async () => {
      // A count under way may wait for the database; it changes nothing any more.
      void deadLetters.stop();
      await figures.stop();
      await members.leave(group, memberId);
    },
  };
}

/** At once, and again so long after each end. */
function repeat(intervalMs: number, work: () => Promise<void>): { stop(): Promise<void> } {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay = Promise.resolve();
  const begin = (): void => {
    underWay = work().then(() => {
      if (!isStopped) timer = setTimeout(begin, intervalMs);
    });
  };
  begin();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}

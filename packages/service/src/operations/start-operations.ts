import type { Route } from '@throughline/http';
import {
  type ClaimStore,
  createQueueView,
  type Inbox,
  type MessagingDriver,
  type OutcomeSink,
  type ParkingLot,
  type QueueMembers,
  type QueueView,
  type ReplayLedger,
} from '@throughline/messaging';
import {
  countWaiting,
  createDecisions,
  createGroupControls,
  createJobRunner,
  createJobStore,
  createReplayLedger,
  createReplayMany,
  type Database,
  type Transaction,
} from '@throughline/postgres';
import type { ServiceRuntime } from '../run-service.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';
import { followControls } from './follow-controls.ts';
import { groupRoutes } from './group-routes.ts';
import { inquiryRoutes } from './inquiry-routes.ts';
import { jobRoutes } from './job-routes.ts';
import type { OperationsContext } from './operations-context.ts';
import { outboxRoutes } from './outbox-routes.ts';
import { queueRoutes } from './queue-routes.ts';
import { createRewindJob } from './rewind-job.ts';
import { createSideJob } from './side-job.ts';
import type { SubscribedGroup } from './subscribed-group.ts';
import { watchPausedLag } from './watch-paused-lag.ts';

export interface OperationsOptions {
  readonly runtime: ServiceRuntime;
  readonly name: string;
  /** Connections of the operations' own. */
  readonly database: Database;
  readonly driver: MessagingDriver;
  readonly inbox: Inbox<Transaction>;
  readonly parking: ParkingLot<Transaction>;
  readonly claims: ClaimStore;
  readonly outcomes: OutcomeSink;
  /** What members of groups have in hand. */
  readonly queueMembers: QueueMembers;
  readonly wakeRelay: () => void;
  readonly processedRetentionMs: number;
  readonly drainDeadlineMs: number;
}

/** What people may do to a running service. */
export interface Operations {
  readonly replays: ReplayLedger;
  /** Whether a member that starts now is to stay out of its group. */
  isStopped(group: string): Promise<boolean>;
  /** Dead letters of the group that nobody has decided about. */
  countWaitingDeadLetters(group: string): Promise<number>;
  add(group: SubscribedGroup): void;
}

/** The last part is the least that events are known as processed after the end of a replay. */
const WINDOW_PART = 7 / 8;

/** A side replay holds two connections while its handlers run; pauses, decisions and the jobs' own leases must still find one. */
const JOBS_AT_ONCE = 2;

/** Serves the operations API, follows what is wanted of groups, and works on jobs. */
export function startOperations(options: OperationsOptions): Operations {
  const { runtime, database, driver, outcomes, wakeRelay } = options;
  const groups = new Map<string, SubscribedGroup>();
  const queues = new Map<string, QueueView>();
  const controls = createGroupControls({ database });
  const jobs = createJobStore({ database });
  const decisions = createDecisions({ database, outcomes, wake: wakeRelay });
  const follower = followControls({ runtime, controls, groups });
  const lag = watchPausedLag({ runtime, driver, groups });
  const wakeControls = () => follower.wake();
  const known = { database, driver, jobs, groups, wakeControls };
  const runner = createJobRunner({
    jobs,
    logger: runtime.logger,
    groups: () => [...groups.keys()],
    concurrency: JOBS_AT_ONCE,
    run: {
      'dead-letters': createReplayMany({ database, jobs, decisions }),
      side: createSideJob({ ...options, context: known }),
      rewind: createRewindJob(known),
    },
  });
  runner.start();
  runtime.onStop('jobs', () => runner.stop(), { atMostMs: options.drainDeadlineMs + 4_000, beginsAtOnce: true });
  runtime.onStop('group controls', async () => void (await Promise.all([follower.stop(), lag.stop()])), {
    atMostMs: options.drainDeadlineMs + 4_000,
    beginsAtOnce: true,
  });
  const context: OperationsContext = {
    ...known,
    service: options.name,
    decisions,
    controls,
    parking: options.parking,
    wakeRelay,
    wakeJobs: () => runner.wake(),
    replayWindowMs: options.processedRetentionMs * WINDOW_PART,
  };
  runtime.addOperations([...routesOf(context), ...queueRoutes({ queues: () => [...queues.values()] })]);
  return {
    replays: createReplayLedger({ database }),
    isStopped: async (group) => (await controls.read()).has(group),
    countWaitingDeadLetters: async (group) => (await countWaiting(database)).get(group) ?? 0,
    add: (subscribed) => {
      const { group, order, topics } = subscribed.subscription;
      groups.set(group, subscribed);
      if (order === 'none') queues.set(group, createQueueView({ driver, group, topics, members: options.queueMembers }));
      follower.wake();
    },
  };
}

function routesOf(context: OperationsContext): readonly Route[] {
  return [outboxRoutes, deadLetterRoutes, groupRoutes, jobRoutes, inquiryRoutes].flatMap((routes) => routes(context));
}

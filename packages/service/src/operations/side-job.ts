import { EventError } from '@throughline/events';
import { createPipeline, type OutcomeSink, type RecordProducer, runSideReplay, sizeOfSpans } from '@throughline/messaging';
import type { ClaimedJob, RunJob } from '@throughline/postgres';
import type { OperationsContext } from './operations-context.ts';
import { presentTopics } from './present-topics.ts';
import { requireOurs } from './require-ours.ts';
import { pipelineSettings, type SidePipelineOptions } from './side-pipeline.ts';
import { sideSpans } from './side-spans.ts';
import { createTally } from './side-tally.ts';

export interface SideJobOptions extends SidePipelineOptions {
  readonly context: Pick<OperationsContext, 'database' | 'jobs' | 'driver' | 'groups'>;
  readonly outcomes: OutcomeSink;
  readonly drainDeadlineMs: number;
}

/** Beside the live group's, so few. */
const TRANSACTIONS_AT_ONCE = 2;

/**
 * Reads a span of the past beside the live group. By default it skips what is processed, leaves what the live group has not come to yet to that, and failures go the group's usual way.
 * Forced it runs in a dedup namespace of its own, publishes nothing unless allowed, and only counts what fails.
 */
export function createSideJob(options: SideJobOptions): RunJob {
  const { context } = options;
  return async (job, signal) => {
    const { subscription, running } = requireReplayable(options, job);
    const topics = await presentTopics(context.driver, running.sourceTopics());
    const group = `${job.group}.replay.${job.jobId}`;
    const spans = await sideSpans({ ...context, admin: context.driver.groups, job, topics });
    const total = sizeOfSpans(spans);
    const tally = createTally(job, options.outcomes);
    const producer = createLazyProducer(context.driver.createProducer, group);
    const pipeline = createPipeline({
      ...pipelineSettings(options, job, { subscription, tally, dedupGroup: group }),
      producer: producer.get,
    });
    const onProgress = (done: number) => requireOurs(job, context.jobs.advance(context.database, job, tally.read(done, total)));
    try {
      await runSideReplay({
        driver: context.driver,
        group,
        spans,
        handle: pipeline.handle,
        maxChunkRecords: pipeline.maxChunkRecords,
        concurrency: TRANSACTIONS_AT_ONCE,
        drainDeadlineMs: options.drainDeadlineMs,
        onProgress,
        signal,
      });
    } finally {
      await producer.close();
    }
  };
}

function requireReplayable({ context }: SideJobOptions, { group }: ClaimedJob) {
  const found = context.groups.get(group);
  if (found?.subscription.isReplayable !== true)
    throw new EventError('CONFIGURATION_REFUSED', `${group} is not declared replayable (isReplayable).`);
  return found;
}

/** Made at the first retry. */
function createLazyProducer(create: (options: { name: string }) => Promise<RecordProducer>, name: string) {
  let own: Promise<RecordProducer> | undefined;
  return {
    get: (): Promise<RecordProducer> => {
      own ??= create({ name });
      return own;
    },
    close: async (): Promise<void> => {
      await (await own)?.close();
    },
  };
}

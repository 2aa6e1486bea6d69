import { type GroupAdmin, type ReplaySpan, replaySpans, sizeOfSpans } from '@throughline/messaging';
import type { ClaimedJob, Database, JobStore } from '@throughline/postgres';
import { requireOurs } from './require-ours.ts';

export interface SideSpansOptions {
  readonly database: Database;
  readonly jobs: JobStore;
  readonly admin: GroupAdmin;
  readonly job: ClaimedJob;
  readonly topics: readonly string[];
}

/** What a side replay reads: chosen once and kept with the job, so that whoever goes on with it takes the same. */
export async function sideSpans(options: SideSpansOptions): Promise<readonly ReplaySpan[]> {
  const { database, jobs, admin, job, topics } = options;
  const { parameters, checkpoint } = job;
  if (isKept(checkpoint))
    return checkpoint.spans.map((span) => ({ ...span, from: BigInt(span.from), until: BigInt(span.until) }));
  const spans = await replaySpans({
    groups: admin,
    topics,
    fromMs: Date.parse(parameters.from ?? ''),
    ...(parameters.until !== undefined && { untilMs: Date.parse(parameters.until) }),
    ...(parameters.isForced !== true && { behind: job.group }),
  });
  const kept: KeptSpans = { spans: spans.map((span) => ({ ...span, from: String(span.from), until: String(span.until) })) };
  const progress = { ...job.progress, total: sizeOfSpans(spans) };
  await requireOurs(job, jobs.advance(database, job, { checkpoint: { ...kept }, progress }));
  return spans;
}

/** JSON has no bigint. */
interface KeptSpans {
  readonly spans: readonly (Pick<ReplaySpan, 'topic' | 'partition'> & { readonly from: string; readonly until: string })[];
}

function isKept(checkpoint: object): checkpoint is KeptSpans {
  return 'spans' in checkpoint;
}

import { findOwner, type Service } from '../api/fleet.ts';
import type { Job, JobState } from '../api/operations-api.ts';
import { bodyOf } from '../api/problem.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { type Column, renderFacts, renderTable } from '../output/table.ts';
import { timeAndAge } from '../output/times.ts';

const POLL_MS = 500;
const SILENCE_AT_MOST_MS = 60_000;
const ENDED: ReadonlySet<JobState> = new Set(['done', 'failed', 'cancelled']);

/** A job and the service that runs it. */
export type ServiceJob = Job & { readonly service: string };

export async function startJob(service: Service, body: Readonly<Record<string, unknown>>): Promise<Job> {
  return bodyOf<Job>(await service.ask('/operations/jobs', { method: 'POST', body }), service.service);
}

/** @throws {CliError} `NOT_FOUND`, `UNREACHABLE` */
export async function findJob(context: CommandContext, jobId: string): Promise<{ service: Service; job: Job }> {
  const { service, body } = await findOwner<Job>(await context.fleet(), pathOf(jobId), `job ${jobId}`);
  return { service, job: body };
}

/** Prints the job, with `wait` as it is at its end. @throws {CliError} `FAILED` when the job that was waited for failed or was cancelled */
export async function reportJob(
  context: CommandContext,
  service: Service,
  given: Job,
  options: { wait: boolean },
): Promise<void> {
  const job = options.wait ? await waitForJob(context, service, given) : given;
  context.print({ service: service.service, ...job }, () =>
    describeJob({ service: service.service, ...job }, context.terminal.nowMs()),
  );
  if (options.wait && job.state !== 'done') throw new CliError('FAILED', `job ${job.jobId} ${job.error ?? `was ${job.state}`}`);
}

export function hasEnded({ state }: Job): boolean {
  return ENDED.has(state);
}

/**
 * Resolves with the job at its end, or as it is when the patience is over (default: never). Progress goes to stderr: on one line that is written over where somebody looks, else a line
 * whenever it changed.
 * @throws {CliError} `UNREACHABLE` when the service stays silent
 */
export async function waitForJob(
  context: CommandContext,
  service: Service,
  given: Job,
  { patienceMs = Number.POSITIVE_INFINITY }: { patienceMs?: number } = {},
): Promise<Job> {
  const { terminal } = context;
  let job = given;
  let said = '';
  let silentMs = 0;
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const line = `${job.state}  ${progressOf(job)}`;
    if (line !== said) terminal.err(terminal.isInteractive ? `\r\u001b[K${line}` : `${line}\n`);
    said = line;
    if (hasEnded(job) || waitedMs >= patienceMs) break;
    await terminal.pause(POLL_MS);
    const answer = await readJob(service, job);
    silentMs = answer === undefined ? silentMs + POLL_MS : 0;
    if (silentMs >= SILENCE_AT_MOST_MS) throw silent(service, job);
    job = answer ?? job;
  }
  if (terminal.isInteractive) terminal.err('\n');
  return job;
}

/** A service that is started anew goes on with the job: not answering for a while is no end. */
async function readJob(service: Service, former: Job): Promise<Job | undefined> {
  try {
    return bodyOf<Job>(await service.ask(pathOf(former.jobId)), service.service);
  } catch (error) {
    if (error instanceof CliError && error.retryable) return undefined;
    throw error;
  }
}

function silent({ service }: Service, { jobId }: Job): CliError {
  return new CliError(
    'UNREACHABLE',
    `${service} does not answer any more; it goes on with the job when it is back: throughline replay status ${jobId} --wait`,
  );
}

function progressOf({ progress: { done, total, skipped, failed } }: Job): string {
  const part = total === null || total === 0 ? '' : ` (${Math.floor((done / total) * 100)} %)`;
  return `${done} of ${total ?? '?'}${part}, ${skipped} skipped, ${failed} failed`;
}

function describeJob(job: ServiceJob, nowMs: number): string {
  return renderFacts([
    ['job', job.jobId],
    ['service', job.service],
    ['kind', job.kind],
    ['group', job.group],
    ['from', timeAndAge(job.from, nowMs)],
    ['state', job.state],
    ['progress', progressOf(job)],
    ['created', `${timeAndAge(job.createdAt, nowMs)} by ${job.operator}`],
    ['ended', timeAndAge(job.endedAt, nowMs)],
    ...(job.error === null ? [] : [['error', job.error] as const]),
    ...(job.failures ?? []).map(({ eventId, error }) => ['failed', `${eventId}: ${error}`] as const),
  ]);
}

export function jobTable(jobs: readonly ServiceJob[], nowMs: number): string {
  const columns: readonly Column<ServiceJob>[] = [
    { title: 'JOB', value: ({ jobId }) => jobId },
    { title: 'SERVICE', value: ({ service }) => service },
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'GROUP', value: ({ group }) => group },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'PROGRESS', value: progressOf },
    { title: 'CREATED', value: ({ createdAt }) => timeAndAge(createdAt, nowMs) },
    { title: 'BY', value: ({ operator }) => operator },
    { title: 'ERROR', value: ({ error }) => error },
  ];
  return renderTable(columns, jobs);
}

function pathOf(jobId: string): string {
  return `/operations/jobs/${encodeURIComponent(jobId)}`;
}

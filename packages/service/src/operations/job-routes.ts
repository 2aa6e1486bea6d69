import { defineRoute, type FieldError, type Route, validationFailed } from '@throughline/http';
import type { Job, JobParameters } from '@throughline/postgres';
import Type, { type Static } from 'typebox';
import {
  notFound,
  OperatorHeaders,
  operatorOf,
  PAGE_CHECKS,
  PageQuery,
  pageOf,
  readPlace,
  stateConflict,
} from './operation-parts.ts';
import type { OperationsContext } from './operations-context.ts';

const Time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));
const NewJobSchema = Type.Object({
  kind: Type.Union([Type.Literal('dead-letters'), Type.Literal('side'), Type.Literal('rewind')]),
  group: Type.String({ minLength: 1, maxLength: 249 }),
  type: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, description: 'dead-letters: of this event type only.' })),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'dead-letters: of this reason only.' })),
  before: Time('dead-letters: those that failed last before this time only.'),
  from: Time('side, rewind: the time of the first event.'),
  until: Time('side: the time after the last event; absent = what is in the log when the job begins.'),
  force: Type.Optional(Type.Boolean({ description: 'side: what is processed too.' })),
  allowPublishing: Type.Optional(Type.Boolean({ description: 'side with force: handlers may publish.' })),
});
type NewJobBody = Static<typeof NewJobSchema>;
type FieldName = Exclude<keyof NewJobBody, 'kind' | 'group'>;
const FIELDS: Readonly<Record<NewJobBody['kind'], readonly FieldName[]>> = {
  'dead-letters': ['type', 'reason', 'before'],
  side: ['from', 'until', 'force', 'allowPublishing'],
  rewind: ['from'],
};
const JobPath = Type.Object({ jobId: Type.String({ format: 'uuid' }) });

/** Decisions too large for one request. */
export function jobRoutes(context: OperationsContext): readonly Route[] {
  return [startRoute(context), listRoute(context), showRoute(context), cancelRoute(context)];
}

function startRoute(context: OperationsContext): Route {
  return defineRoute({
    method: 'POST',
    path: '/operations/jobs',
    operationId: 'startJob',
    summary: 'Start a replay of many',
    auth: 'required',
    headersSchema: OperatorHeaders,
    bodySchema: NewJobSchema,
    responses: { 202: { description: 'The job.' }, 409: { description: 'The group is being rewound already' } },
    handler: async ({ headers, body }) => {
      const faults = faultsOf(context, body);
      if (faults.length > 0) throw validationFailed(faults);
      const { kind, group } = body;
      const job = await context.jobs.create({ kind, group, parameters: parametersOf(body), operator: operatorOf(headers) });
      if (job === undefined) throw stateConflict('group_rewinding', `A job rewinds ${group} already.`, 'rewinding');
      context.wakeJobs();
      return { status: 202, body: showJob(job), headers: { location: `/operations/jobs/${job.jobId}` } };
    },
  });
}

/** What the schema cannot say: which kind takes which fields, and what this service and its groups can do. */
function faultsOf({ groups, replayWindowMs }: OperationsContext, body: NewJobBody): FieldError[] {
  const faults: FieldError[] = [];
  const fault = (name: keyof NewJobBody, message: string) => faults.push({ field: `body/${name}`, message });
  const allowed = new Set<string>(['kind', 'group', ...FIELDS[body.kind]]);
  for (const name of Object.keys(body) as (keyof NewJobBody)[])
    if (!allowed.has(name)) fault(name, `is not a field of a ${body.kind} job`);
  const group = groups.get(body.group);
  if (group === undefined) fault('group', 'is none of this service’s groups');
  else if (body.kind === 'side' && group.subscription.isReplayable !== true)
    fault('group', `${body.group} is not declared replayable (isReplayable)`);
  if (body.kind === 'dead-letters') return faults;
  const firstMs = Date.now() - replayWindowMs;
  if (body.from === undefined) fault('from', 'is required');
  else if (body.force !== true && Date.parse(body.from) < firstMs)
    fault(
      'from',
      `must be after ${new Date(firstMs).toISOString()}: earlier events are not known as processed any more and would take effect twice`,
    );
  if (body.from !== undefined && body.until !== undefined && Date.parse(body.until) <= Date.parse(body.from))
    fault('until', 'must be after from');
  if (body.allowPublishing === true && body.force !== true) fault('allowPublishing', 'goes with force');
  return faults;
}

function parametersOf({ type, reason, before, from, until, force, allowPublishing }: NewJobBody): JobParameters {
  return { type, reason, before, from, until, isForced: force, isPublishingAllowed: allowPublishing };
}

function listRoute({ jobs }: OperationsContext): Route {
  return defineRoute({
    method: 'GET',
    path: '/operations/jobs',
    operationId: 'listJobs',
    summary: 'List jobs',
    auth: 'required',
    querySchema: Type.Object({ ...PageQuery }),
    fieldChecks: PAGE_CHECKS,
    responses: { 200: { description: 'A page, newest first.' } },
    handler: async ({ query: { limit, after } }) => {
      const rows = await jobs.list({ limit: limit + 1, after: readPlace(after) });
      return { status: 200, body: pageOf(rows, limit, showJob) };
    },
  });
}

function showRoute({ jobs }: OperationsContext): Route {
  return defineRoute({
    method: 'GET',
    path: '/operations/jobs/{jobId}',
    operationId: 'showJob',
    summary: 'Show a job',
    auth: 'required',
    pathSchema: JobPath,
    responses: { 200: { description: 'The job.' }, 404: { description: 'No such job' } },
    handler: async ({ path: { jobId } }) => {
      const job = await jobs.find(jobId);
      if (job === undefined) throw jobNotFound();
      return { status: 200, body: showJob(job) };
    },
  });
}

function cancelRoute({ jobs, wakeJobs }: OperationsContext): Route {
  return defineRoute({
    method: 'POST',
    path: '/operations/jobs/{jobId}/cancel',
    operationId: 'cancelJob',
    summary: 'Cancel a job; what it did stays done',
    auth: 'required',
    pathSchema: JobPath,
    headersSchema: OperatorHeaders,
    responses: { 200: { description: 'It ends.' }, 404: { description: 'No such job' }, 409: { description: 'It is over' } },
    handler: async ({ path: { jobId }, headers }) => {
      const job = await jobs.cancel(jobId, operatorOf(headers));
      if (job === undefined) throw jobNotFound();
      if (job.state === 'done' || job.state === 'failed') throw stateConflict('job_over', `The job is ${job.state}.`, job.state);
      wakeJobs();
      return { status: 200, body: showJob(job) };
    },
  });
}

function showJob(job: Job): Record<string, unknown> {
  const { jobId, kind, group, state, parameters, progress, failures, createdAt, startedAt, endedAt, error, operator } = job;
  return {
    jobId,
    kind,
    group,
    state,
    from: parameters.from ?? null,
    until: parameters.until ?? null,
    isForced: parameters.isForced ?? false,
    progress,
    failures,
    createdAt,
    startedAt,
    endedAt,
    error,
    operator,
  };
}

function jobNotFound() {
  return notFound('job_not_found', 'There is no such job.');
}

import { type Command, Option } from 'commander';
import { collectPages, ownerOfGroup } from '../api/fleet.ts';
import type { Job } from '../api/operations-api.ts';
import { bodyOf } from '../api/problem.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { isoTime, positiveInteger } from '../option-values.ts';
import { findJob, jobTable, reportJob, type ServiceJob, startJob } from './jobs.ts';

type MakeContext = (command: Command) => CommandContext;

interface StartOptions {
  readonly group: string;
  readonly from: string;
  readonly until?: string;
  readonly rewind?: boolean;
  readonly force?: boolean;
  readonly allowPublishing?: boolean;
  readonly wait?: boolean;
  readonly yes?: boolean;
}

const START_EXAMPLES = `
A side replay reads the topics of a group beside it, from the time on up to where they ended when it began, with the group's
own handlers, which must be declared replayable. What the group has handled is skipped; --force handles it again.
A rewind stops the group, sets its offsets back and starts it again; what it has handled is skipped by its own memory.

Examples:
  throughline replay start --group storage.metadata --from 2026-01-06T10:00:00Z --wait
  throughline replay start --group storage.metadata --from 2026-01-06 --until 2026-01-07 --force
  throughline replay start --group storage.metadata --from 2026-01-06T10:00:00Z --rewind --yes
`;

/** `replay start|status|cancel` */
export function addReplayCommands(program: Command, makeContext: MakeContext): void {
  const replay = program.command('replay').description('handles events of the past again, from a time on');
  replay
    .command('start')
    .description('starts a job that replays a group from a time on')
    .requiredOption('--group <group>', 'the consumer group')
    .requiredOption('--from <time>', 'ISO 8601, time of the log; without a zone it is local time', isoTime)
    .option('--until <time>', 'side replay: where it ends (default: the end at its start)', isoTime)
    .addOption(new Option('--side', 'beside the group (the default)').conflicts('rewind'))
    .addOption(new Option('--rewind', 'set the group itself back').conflicts(['force', 'allowPublishing', 'until']))
    .option('--force', 'side replay: handle again what was handled; publishes nothing')
    .option('--allow-publishing', 'with --force: events that handlers publish are published again')
    .option('--wait', 'wait for the end, with progress on stderr')
    .option('--yes', 'do not ask')
    .addHelpText('after', START_EXAMPLES)
    .action(async (options: StartOptions, command: Command) => start(makeContext(command), options));
  replay
    .command('status')
    .argument('[jobId]', 'all jobs without it')
    .description('how jobs are doing: replays from a time, and of many dead letters')
    .option('--limit <n>', 'jobs a service, at most', positiveInteger, 20)
    .option('--wait', 'wait for the end of the job')
    .addHelpText('after', '\nExamples:\n  throughline replay status\n  throughline replay status 0b7d… --wait\n')
    .action(async (jobId: string | undefined, options: { limit: number; wait?: boolean }, command: Command) =>
      status(makeContext(command), jobId, options),
    );
  replay
    .command('cancel')
    .argument('<jobId>')
    .description('ends a job; what it has done stays done')
    .addHelpText('after', '\nExamples:\n  throughline replay cancel 0b7d…\n')
    .action(async (jobId: string, _options: unknown, command: Command) => cancel(makeContext(command), jobId));
}

async function start(context: CommandContext, options: StartOptions): Promise<void> {
  const { group, from, until, force = false, allowPublishing = false } = options;
  if (allowPublishing && !force) throw new CliError('USAGE', '--allow-publishing is for --force');
  if (until !== undefined && until <= from) throw new CliError('USAGE', '--until must be after --from');
  const owner = ownerOfGroup(await context.fleet(), group);
  const body =
    options.rewind === true
      ? { kind: 'rewind', group, from }
      : { kind: 'side', group, from, ...(until !== undefined && { until }), force, allowPublishing };
  if (options.rewind === true) {
    await context.confirm(`Group ${group} of ${owner.service} will stand still and begin again at ${from}.`, options.yes);
  } else if (force) {
    const published = allowPublishing ? ', and what handlers publish is published again' : '';
    await context.confirm(`Handlers of ${group} will run again for events they have handled${published}.`, options.yes);
  }
  await reportJob(context, owner, await startJob(owner, body), { wait: options.wait ?? false });
}

async function status(
  context: CommandContext,
  jobId: string | undefined,
  options: { limit: number; wait?: boolean },
): Promise<void> {
  if (jobId !== undefined) {
    const { service, job } = await findJob(context, jobId);
    return reportJob(context, service, job, { wait: options.wait ?? false });
  }
  if (options.wait) throw new CliError('USAGE', '--wait needs a job');
  const { services, silent } = await context.fleet();
  const items: ServiceJob[] = [];
  for (const service of services) {
    const found = await collectPages<Job>(service, '/operations/jobs', { limit: options.limit });
    items.push(...found.items.map((job) => ({ service: service.service, ...job })));
  }
  items.sort((left, right) => Date.parse(right.createdAt) - Date.parse(left.createdAt));
  context.print({ items }, () => (items.length === 0 ? 'no jobs\n' : jobTable(items, context.terminal.nowMs())));
  context.reportSilent(silent);
}

async function cancel(context: CommandContext, jobId: string): Promise<void> {
  const { service } = await findJob(context, jobId);
  const answer = await service.ask(`/operations/jobs/${encodeURIComponent(jobId)}/cancel`, { method: 'POST', body: {} });
  await reportJob(context, service, bodyOf<Job>(answer, `job ${jobId}`), { wait: false });
}

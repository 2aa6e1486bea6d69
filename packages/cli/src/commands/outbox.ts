import { type Command, Option } from 'commander';
import { askAll, collectPages, type Fleet, type Service, unknown } from '../api/fleet.ts';
import type { OutboxCounts, OutboxRow, Page } from '../api/operations-api.ts';
import { bodyOf } from '../api/problem.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { positiveInteger } from '../option-values.ts';
import { type Column, renderTable } from '../output/table.ts';
import { timeAndAge } from '../output/times.ts';

type MakeContext = (command: Command) => CommandContext;
type ListedRow = OutboxRow & { readonly service: string };
type ServiceCounts = OutboxCounts & { readonly service: string };

/** `outbox list|replay|discard` */
export function addOutboxCommands(program: Command, makeContext: MakeContext): void {
  const outbox = program.command('outbox').description('events that were not sent to Kafka yet');
  outbox
    .command('list')
    .description('rows of the outbox, oldest first, with what stands behind a failed one')
    .addOption(new Option('--state <state>', 'which rows').choices(['failed', 'waiting', 'unsent']).default('failed'))
    .option('--limit <n>', 'rows a service, at most', positiveInteger, 100)
    .addHelpText('after', '\nExamples:\n  throughline outbox list\n  throughline outbox list --state unsent --limit 20 --json\n')
    .action(async (options: { state: string; limit: number }, command: Command) => list(makeContext(command), options));
  outbox
    .command('replay')
    .argument('<eventId>')
    .description('lets the relay try a failed row again, with all its attempts')
    .addHelpText('after', '\nExamples:\n  throughline outbox replay 67eaa1c2-bb07-4ce3-97c1-a30d2c27691e\n')
    .action(async (eventId: string, _options: unknown, command: Command) => replay(makeContext(command), eventId));
  outbox
    .command('discard')
    .argument('<eventId>')
    .requiredOption('--reason <text>', 'why the event is given up; stands in the audit')
    .option('--yes', 'do not ask')
    .description('gives a failed row up: its event is never published, and its key goes on')
    .addHelpText(
      'after',
      '\nExamples:\n  throughline outbox discard 67eaa1c2-bb07-4ce3-97c1-a30d2c27691e --reason "too large, sent anew in parts"\n',
    )
    .action(async (eventId: string, options: { reason: string; yes?: boolean }, command: Command) =>
      discard(makeContext(command), eventId, options),
    );
}

const COLUMNS = (nowMs: number): readonly Column<ListedRow>[] => [
  { title: 'SERVICE', value: ({ service }) => service },
  { title: 'EVENT', value: ({ eventId }) => eventId },
  { title: 'TYPE', value: ({ type }) => type },
  { title: 'AGGREGATE', value: ({ aggregateType, aggregateId }) => `${aggregateType}/${aggregateId}` },
  { title: 'TOPIC', value: ({ topic }) => topic },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'TRIES', value: ({ attempts }) => attempts, align: 'right' },
  { title: 'BEHIND', value: ({ waitingRows }) => waitingRows, align: 'right' },
  { title: 'SINCE', value: ({ createdAt }) => timeAndAge(createdAt, nowMs) },
  { title: 'LAST ERROR', value: ({ lastError }) => lastError },
];

async function list(context: CommandContext, { state, limit }: { state: string; limit: number }): Promise<void> {
  const fleet = await context.fleet();
  const silent = [...fleet.silent];
  const items: ListedRow[] = [];
  const counts: ServiceCounts[] = [];
  let hasMore = false;
  for (const service of fleet.services.filter(({ hasOutbox }) => hasOutbox)) {
    try {
      let own: OutboxCounts | undefined;
      const onPage = (page: Page<OutboxRow>) => {
        own ??= (page as Page<OutboxRow> & { counts: OutboxCounts }).counts;
      };
      const found = await collectPages<OutboxRow>(service, '/operations/outbox', { query: { state }, limit, onPage });
      items.push(...found.items.map((row) => ({ service: service.service, ...row })));
      hasMore ||= found.hasMore;
      if (own !== undefined) counts.push({ service: service.service, ...own });
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'UNREACHABLE') throw error;
      silent.push(error.message);
    }
  }
  context.print({ items, hasMore, counts }, () => {
    const sums = counts.map(
      ({ service, unsent, waiting, failed }) => `${service}: ${unsent} unsent, ${waiting} waiting, ${failed} failed\n`,
    );
    const table = items.length === 0 ? `no ${state} rows\n` : renderTable(COLUMNS(context.terminal.nowMs()), items);
    return `${table}${hasMore ? 'there are more; --limit shows them\n' : ''}\n${sums.join('')}`;
  });
  context.reportSilent(silent);
}

async function replay(context: CommandContext, eventId: string): Promise<void> {
  await decide(context, eventId, { action: 'replay', said: 'is sent again' });
}

async function discard(
  context: CommandContext,
  eventId: string,
  { reason, yes }: { reason: string; yes?: boolean },
): Promise<void> {
  await decide(context, eventId, {
    action: 'discard',
    said: 'is given up',
    body: { reason },
    before: ({ service }) => context.confirm(`Event ${eventId} of ${service} will never be published.`, yes),
  });
}

interface OutboxDecision {
  readonly action: 'replay' | 'discard';
  readonly said: string;
  readonly body?: unknown;
  readonly before?: (owner: Service) => Promise<void>;
}

async function decide(context: CommandContext, eventId: string, decision: OutboxDecision): Promise<void> {
  const owner = await ownerOfRow(await context.fleet(), eventId);
  await decision.before?.(owner);
  const answer = await owner.ask(`/operations/outbox/${encodeURIComponent(eventId)}/${decision.action}`, {
    method: 'POST',
    body: decision.body ?? {},
  });
  const result = bodyOf<{ eventId: string; state: string }>(answer, `event ${eventId} of ${owner.service}`);
  context.print({ service: owner.service, ...result }, () => `event ${eventId} of ${owner.service} ${decision.said}\n`);
}

/** @throws {CliError} `REFUSED` when the id stands in the outboxes of several services */
async function ownerOfRow(fleet: Fleet, eventId: string): Promise<Service> {
  const subject = `a row of the outbox for event ${eventId}`;
  const { answers, silent } = await askAll<{ outbox: readonly { state: string }[] }>(
    fleet,
    `/operations/events/${encodeURIComponent(eventId)}`,
  );
  const owners = answers.filter(({ body }) => body.outbox.length > 0);
  const failed = owners.filter(({ body }) => body.outbox.some(({ state }) => state === 'failed'));
  const [owner, other] = failed.length > 0 ? failed : owners;
  if (owner === undefined) throw unknown(subject, silent);
  if (other !== undefined)
    throw new CliError(
      'REFUSED',
      `${owner.service.service} and ${other.service.service} both have ${subject}; name one with --url`,
    );
  return owner.service;
}

import { collectPages, findOwner, ownerOfGroup, type Service } from '../api/fleet.ts';
import type { DeadLetter, DeadLetterSummary } from '../api/operations-api.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { type Column, printableLines, renderFacts, renderTable } from '../output/table.ts';
import { timeAndAge } from '../output/times.ts';

export interface ListOptions {
  readonly group?: string;
  readonly state: string;
  readonly type?: string;
  readonly reason?: string;
  readonly event?: string;
  readonly limit: number;
}

type ListedLetter = DeadLetterSummary & { readonly service: string };

const COLUMNS = (nowMs: number): readonly Column<ListedLetter>[] => [
  { title: 'DEAD LETTER', value: ({ dlqId }) => dlqId },
  { title: 'GROUP', value: ({ group }) => group },
  { title: 'TYPE', value: ({ type }) => type },
  { title: 'EVENT', value: ({ eventId }) => eventId },
  { title: 'STATE', value: ({ state, isKeyBlocked }) => `${state}${isKeyBlocked ? ', blocks its key' : ''}` },
  { title: 'REASON', value: ({ reason }) => reason },
  { title: 'TRIES', value: ({ attempts }) => attempts, align: 'right' },
  { title: 'REPLAYS', value: ({ replayCount }) => replayCount, align: 'right' },
  { title: 'FAILED', value: ({ lastFailedAt }) => timeAndAge(lastFailedAt, nowMs) },
  { title: 'ERROR', value: ({ errorClass, errorMessage }) => `${errorClass}: ${errorMessage}` },
];

export async function listDeadLetters(context: CommandContext, options: ListOptions): Promise<void> {
  const fleet = await context.fleet();
  const { group, state, type, reason, event, limit } = options;
  const asked = group === undefined ? fleet.services : [ownerOfGroup(fleet, group)];
  const silent = [...fleet.silent];
  const items: ListedLetter[] = [];
  let hasMore = false;
  for (const service of asked) {
    try {
      const query = { group, state, type, reason, eventId: event };
      const found = await collectPages<DeadLetterSummary>(service, '/operations/dead-letters', { query, limit });
      items.push(...found.items.map((letter) => ({ service: service.service, ...letter })));
      hasMore ||= found.hasMore;
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'UNREACHABLE') throw error;
      silent.push(error.message);
    }
  }
  context.print({ items, hasMore }, () => {
    const table = items.length === 0 ? `no dead letters${state === 'all' ? '' : ` that are ${state}`}\n` : '';
    const rows = items.length === 0 ? '' : renderTable(COLUMNS(context.terminal.nowMs()), items);
    return `${table}${rows}${hasMore ? 'there are more; --limit shows them\n' : ''}`;
  });
  context.reportSilent(silent);
}

/** @throws {CliError} `NOT_FOUND`, `UNREACHABLE` */
export async function findDeadLetter(context: CommandContext, dlqId: string): Promise<{ service: Service; letter: DeadLetter }> {
  const path = `/operations/dead-letters/${encodeURIComponent(dlqId)}`;
  const { service, body } = await findOwner<DeadLetter>(await context.fleet(), path, `dead letter ${dlqId}`);
  return { service, letter: body };
}

export async function showDeadLetter(context: CommandContext, dlqId: string): Promise<void> {
  const { service, letter } = await findDeadLetter(context, dlqId);
  context.print({ service: service.service, ...letter }, () => describe(service.service, letter, context.terminal.nowMs()));
}

function describe(service: string, letter: DeadLetter, nowMs: number): string {
  const { original, value } = letter;
  const facts = renderFacts([
    ['dead letter', letter.dlqId],
    ['service', service],
    ['group', letter.group],
    ['state', `${letter.state}${letter.isKeyBlocked ? ', its key waits behind it' : ''}`],
    ['event', letter.eventId],
    ['type', letter.type],
    ['source', letter.source],
    ['key', letter.key],
    [
      'read from',
      `${original.topic} [${original.partition}] @ ${original.offset}, written ${timeAndAge(original.timestamp, nowMs)}`,
    ],
    ['reason', letter.reason],
    ['tries', letter.attempts],
    ['replays', letter.replayCount],
    ['first failed', timeAndAge(letter.firstFailedAt, nowMs)],
    ['last failed', timeAndAge(letter.lastFailedAt, nowMs)],
    ['error', `${letter.errorClass}: ${letter.errorMessage}`],
  ]);
  const headers = Object.entries(letter.headers).map(([name, text]) => [name, asText(text)] as const);
  const decisions = letter.decisions.map(
    ({ at, operator, action, detail }) =>
      `${timeAndAge(at, nowMs)}  ${action} by ${operator}  ${detail == null ? '' : asText(detail)}`,
  );
  return [
    facts,
    section('headers', headers.length === 0 ? '' : renderFacts(headers)),
    section(
      `value${value?.encoding === 'base64' ? ' (base64)' : ''}`,
      value === null ? 'none (a tombstone)' : pretty(value.text),
    ),
    section('stack', letter.errorStack),
    section('decisions', decisions.join('\n')),
  ].join('');
}

function section(title: string, text: string): string {
  if (text.trim() === '') return '';
  const lines = printableLines(text.trimEnd()).split('\n');
  return `\n${title}\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

import type { Command } from 'commander';
import { askAll, type Fleet, unknown } from '../api/fleet.ts';
import type { QueueInfo } from '../api/operations-api.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { type Column, renderFacts, renderTable } from '../output/table.ts';
import { localTime } from '../output/times.ts';

type MakeContext = (command: Command) => CommandContext;
interface QueueOptions {
  readonly watch?: boolean;
}

const WATCH = ['--watch', 'again every two seconds, until Ctrl-C; with --json one document after the other'] as const;
const WATCH_MS = 2_000;

/** `queue list|show` */
export function addQueueCommands(program: Command, makeContext: MakeContext): void {
  const queue = program.command('queue').description('groups without order seen as queues, with the figures that SQS has');
  queue
    .command('list')
    .option(...WATCH)
    .description('waiting, in work, delayed, age of the oldest and dead letters of each queue')
    .addHelpText('after', '\nExamples:\n  throughline queue list\n  throughline queue list --json\n')
    .action(async ({ watch }: QueueOptions, command: Command) => {
      const context = makeContext(command);
      await repeat(context, watch, () => list(context));
    });
  queue
    .command('show')
    .argument('<group>')
    .option(...WATCH)
    .description('the same of one, and what it reads')
    .addHelpText('after', '\nExamples:\n  throughline queue show intake.worker\n  throughline queue show intake.worker --watch\n')
    .action(async (group: string, { watch }: QueueOptions, command: Command) => {
      const context = makeContext(command);
      await repeat(context, watch, () => show(context, group));
    });
}

const QUEUES: readonly Column<QueueInfo>[] = [
  { title: 'QUEUE', value: ({ group }) => group },
  { title: 'VISIBLE', value: (queue) => queue.approximateNumberOfMessages, align: 'right' },
  { title: 'IN FLIGHT', value: (queue) => queue.approximateNumberOfMessagesNotVisible, align: 'right' },
  { title: 'DELAYED', value: (queue) => queue.approximateNumberOfMessagesDelayed, align: 'right' },
  { title: 'OLDEST', value: oldest, align: 'right' },
  { title: 'DEAD LETTERS', value: ({ deadLetters }) => deadLetters, align: 'right' },
  { title: 'MEMBERS', value: ({ members }) => members, align: 'right' },
];

async function list(context: CommandContext): Promise<void> {
  const { queues, silent } = await askQueues(await context.fleet());
  context.print({ items: queues }, () => (queues.length === 0 ? 'no queues\n' : renderTable(QUEUES, queues)));
  context.reportSilent(silent);
}

async function show(context: CommandContext, group: string): Promise<void> {
  const { queues, silent } = await askQueues(await context.fleet(), group);
  const [queue] = queues;
  if (queue === undefined) throw unknown(`queue ${group}`, silent);
  context.print(queue, () => describe(queue));
  context.reportSilent(silent);
}

/** More than one service may show a queue: who takes its messages, and who writes to it. */
async function askQueues(fleet: Fleet, group?: string): Promise<{ queues: QueueInfo[]; silent: readonly string[] }> {
  const one = group === undefined ? '' : `/${encodeURIComponent(group)}`;
  const { answers, silent } = await askAll<QueueInfo | { items: readonly QueueInfo[] }>(fleet, `/operations/queues${one}`);
  const best = new Map<string, QueueInfo>();
  for (const queue of answers.flatMap(({ body }) => ('items' in body ? body.items : [body]))) {
    const former = best.get(queue.group);
    if (former === undefined || unknownFigures(queue) < unknownFigures(former)) best.set(queue.group, queue);
  }
  return { queues: [...best.values()].sort((left, right) => (left.group < right.group ? -1 : 1)), silent };
}

function unknownFigures({ approximateNumberOfMessagesNotVisible: inFlight, deadLetters }: QueueInfo): number {
  return [inFlight, deadLetters].filter((figure) => figure === null).length;
}

function describe(queue: QueueInfo): string {
  return renderFacts([
    ['queue', queue.group],
    ['topics', queue.topics.join(', ')],
    ['visible', queue.approximateNumberOfMessages],
    ['in flight', queue.approximateNumberOfMessagesNotVisible],
    ['delayed', queue.approximateNumberOfMessagesDelayed],
    ['oldest', oldest(queue)],
    ['dead letters', queue.deadLetters],
    ['members', queue.members],
    ['read at', localTime(Date.parse(queue.readAt))],
  ]);
}

/** A tenth of a second is as fine as it is known. */
function oldest({ approximateAgeOfOldestMessageSeconds: seconds }: QueueInfo): string {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return seconds < 6_000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

/** The first look decides whether there is anything to watch; later a service may be away for a while. */
async function repeat(context: CommandContext, isWatch: boolean | undefined, look: () => Promise<void>): Promise<void> {
  await look();
  while (isWatch === true) {
    await context.terminal.pause(WATCH_MS);
    try {
      await look();
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      context.note(error.message);
    }
  }
}

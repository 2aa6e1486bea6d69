import type { Command } from 'commander';
import { askAll, ownerOfGroup, unknown } from '../api/fleet.ts';
import type { GroupInfo } from '../api/operations-api.ts';
import { bodyOf } from '../api/problem.ts';
import type { CommandContext } from '../command-context.ts';
import { type Column, renderTable } from '../output/table.ts';

type MakeContext = (command: Command) => CommandContext;
type ServiceGroup = GroupInfo & { readonly service: string };

/** `groups lag|pause|resume` */
export function addGroupCommands(program: Command, makeContext: MakeContext): void {
  const groups = program.command('groups').description('consumer groups: how far behind, paused or running');
  groups
    .command('lag')
    .argument('[group]', 'one group with its partitions; all groups without it')
    .description('records waiting, blocked keys and dead letters of each group')
    .addHelpText('after', '\nExamples:\n  throughline groups lag\n  throughline groups lag storage.metadata --json\n')
    .action(async (group: string | undefined, _options: unknown, command: Command) => lag(makeContext(command), group));
  groups
    .command('pause')
    .argument('<group>')
    .description('lets every member leave the group within two seconds; nothing is lost, lag grows')
    .addHelpText('after', '\nExamples:\n  throughline groups pause storage.metadata\n')
    .action(async (group: string, _options: unknown, command: Command) => control(makeContext(command), group, 'pause'));
  groups
    .command('resume')
    .argument('<group>')
    .description('lets the members join again and go on where they were')
    .addHelpText('after', '\nExamples:\n  throughline groups resume storage.metadata\n')
    .action(async (group: string, _options: unknown, command: Command) => control(makeContext(command), group, 'resume'));
}

const GROUPS: readonly Column<ServiceGroup>[] = [
  { title: 'GROUP', value: ({ group }) => group },
  { title: 'SERVICE', value: ({ service }) => service },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'ORDER', value: ({ order }) => order },
  { title: 'MEMBERS', value: ({ members }) => members, align: 'right' },
  { title: 'LAG', value: ({ lag }) => lag, align: 'right' },
  { title: 'BLOCKED KEYS', value: ({ blockedKeys }) => blockedKeys, align: 'right' },
  { title: 'DEAD KEYS', value: ({ deadKeys }) => deadKeys, align: 'right' },
  { title: 'PARKED', value: ({ parkedRecords }) => parkedRecords, align: 'right' },
  { title: 'DEAD LETTERS', value: ({ waitingDeadLetters }) => waitingDeadLetters, align: 'right' },
];

const PARTITIONS: readonly Column<GroupInfo['topics'][number]>[] = [
  { title: 'TOPIC', value: ({ topic }) => topic },
  { title: 'PARTITION', value: ({ partition }) => partition, align: 'right' },
  { title: 'COMMITTED', value: ({ committed }) => committed, align: 'right' },
  { title: 'FIRST', value: ({ low }) => low, align: 'right' },
  { title: 'END', value: ({ high }) => high, align: 'right' },
  { title: 'LAG', value: ({ lag }) => lag, align: 'right' },
];

async function lag(context: CommandContext, wanted: string | undefined): Promise<void> {
  const { answers, silent } = await askAll<{ items: readonly GroupInfo[] }>(await context.fleet(), '/operations/groups');
  const all = answers.flatMap(({ service, body }) => body.items.map((group) => ({ service: service.service, ...group })));
  const items = wanted === undefined ? all : all.filter(({ group }) => group === wanted);
  if (wanted !== undefined && items.length === 0) throw unknown(`group ${wanted}`, silent);
  context.print({ items }, () => {
    if (items.length === 0) return 'no groups\n';
    const table = renderTable(GROUPS, items);
    return wanted === undefined ? table : `${table}\n${renderTable(PARTITIONS, items[0]?.topics ?? [])}`;
  });
  context.reportSilent(silent);
}

async function control(context: CommandContext, group: string, action: 'pause' | 'resume'): Promise<void> {
  const owner = ownerOfGroup(await context.fleet(), group);
  const answer = await owner.ask(`/operations/groups/${encodeURIComponent(group)}/${action}`, { method: 'POST', body: {} });
  const result = bodyOf<{ group: string; state: string }>(answer, `group ${group}`);
  context.print({ service: owner.service, ...result }, () => `group ${group} of ${owner.service} is ${result.state}\n`);
}

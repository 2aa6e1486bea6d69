import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { isoTime, seconds } from '../option-values.ts';
import { type ClusterChoice, withCluster } from './cluster-access.ts';
import { type RewindOptions, rewindInCluster } from './cluster-rewind.ts';
import { renderClusterStatus, statusOf } from './cluster-status.ts';

type MakeContext = (command: Command) => CommandContext;

interface ScaleChoice extends ClusterChoice {
  readonly deadline: number;
}

const ABOUT = `
The cluster is that of $KUBECONFIG, else ~/.kube/config, else the one this runs in. Which rights are needed: the chart's Role (values: operatorRole).
`;

const REWIND_EXAMPLES = `
As replay start --rewind: the group's members leave, its offsets go back, they join again. Members that do not leave (a process that hangs, a pod on a node that is away) would
make that fail: after --stop-after seconds the whole component is stopped, and started again when none of its pods is left. The job goes on in the new ones.

Examples:
  throughline cluster rewind storage.metadata --from 2026-01-06T10:00:00Z
  throughline cluster rewind intake.worker --from 2026-01-06 --stop-after 0 --yes
`;

/** `cluster status|stop|start|rewind` */
export function addClusterCommands(program: Command, makeContext: MakeContext): void {
  const cluster = program
    .command('cluster')
    .description('what a Kubernetes cluster runs of Throughline')
    .addHelpText('after', ABOUT);
  const verb = (name: string, description: string) =>
    cluster
      .command(name)
      .description(description)
      .option('--namespace <name>', "(default: the context's, else throughline)")
      .option('--context <name>', 'of the kubeconfig (default: the current one)')
      .option('--release <name>', 'Helm release, where the namespace has several');
  verb('status', 'rollouts, restarts, and the topics and users that are not ready')
    .addHelpText('after', '\nExamples:\n  throughline cluster status\n  throughline cluster status --namespace shop --json\n')
    .action(async (choice: ClusterChoice, command: Command) => status(makeContext(command), choice));
  verb('stop', 'ends every pod of a component; what it had comes back with start')
    .argument('<component>')
    .option('--deadline <seconds>', 'how long its pods may take', seconds, 120)
    .addHelpText('after', '\nExamples:\n  throughline cluster stop intake-worker\n')
    .action(async (component: string, choice: ScaleChoice, command: Command) =>
      scale(makeContext(command), 'stop', component, choice),
    );
  verb('start', 'gives a stopped component its replicas back')
    .argument('<component>')
    .option('--deadline <seconds>', 'how long its pods may take', seconds, 120)
    .addHelpText('after', '\nExamples:\n  throughline cluster start intake-worker\n')
    .action(async (component: string, choice: ScaleChoice, command: Command) =>
      scale(makeContext(command), 'start', component, choice),
    );
  verb('rewind', 'sets a group back, and stops its component where its members do not leave')
    .argument('<group>')
    .requiredOption('--from <time>', 'ISO 8601, time of the log; without a zone it is local time', isoTime)
    .option('--component <name>', "(default: named as the group's service, with - for .)")
    .option(
      '--stop-after <seconds>',
      'how long the members may take to leave; 0: the component is stopped at once',
      secondsOrNone,
      15,
    )
    .option('--deadline <seconds>', 'how long its pods may take, each way', seconds, 120)
    .option('--yes', 'do not ask')
    .addHelpText('after', REWIND_EXAMPLES)
    .action(async (group: string, options: RewindOptions, command: Command) =>
      rewindInCluster(makeContext(command), group, options),
    );
}

function secondsOrNone(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 50)
    throw new InvalidArgumentError('It must be a whole number of seconds up to 50: at 60 the job gives up.');
  return value;
}

async function status(context: CommandContext, choice: ClusterChoice): Promise<void> {
  const found = await withCluster(context, choice, statusOf);
  context.print(found, () => renderClusterStatus(found, context.terminal.nowMs()));
}

async function scale(context: CommandContext, verb: 'stop' | 'start', component: string, choice: ScaleChoice): Promise<void> {
  const deadlineMs = choice.deadline * 1_000;
  const done = await withCluster(context, choice, (cluster) => cluster[verb](component, { deadlineMs }));
  context.print(done, () => {
    const { isChanged, replicas } = done;
    if (verb === 'start') return `${component} ${isChanged ? 'runs again' : 'was running'}, ${replicas} ready\n`;
    return `${component} ${isChanged ? 'is stopped' : 'was stopped'}; throughline cluster start ${component} brings back ${replicas || 1}\n`;
  });
}

import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { isoTime, positiveInteger } from '../option-values.ts';
import { discardDeadLetter, editDeadLetter, replayDeadLetter, replayManyDeadLetters } from './decide-dead-letter.ts';
import { listDeadLetters, showDeadLetter } from './show-dead-letters.ts';

type MakeContext = (command: Command) => CommandContext;

const STATES = ['waiting', 'replayed', 'edited', 'resolved', 'discarded', 'all'];

/** `dead-letters list|show|replay|edit|discard` */
export function addDeadLetterCommands(program: Command, makeContext: MakeContext): void {
  const letters = program.command('dead-letters').description('events that could not be handled and wait for a decision');
  letters
    .command('list')
    .description('dead letters, oldest first')
    .option('--group <group>', 'of one consumer group')
    .addOption(new Option('--state <state>', 'by state').choices(STATES).default('waiting'))
    .option('--type <type>', 'by event type')
    .option('--reason <reason>', 'decoding, contract, handler, timeout or attempts')
    .option('--event <eventId>', 'of one event')
    .option('--limit <n>', 'dead letters a service, at most', positiveInteger, 100)
    .addHelpText(
      'after',
      '\nExamples:\n  throughline dead-letters list\n  throughline dead-letters list --group storage.metadata --reason handler --json\n',
    )
    .action(async (options, command: Command) => listDeadLetters(makeContext(command), options));
  letters
    .command('show')
    .argument('<dlqId>')
    .description('one dead letter: headers, value, the failure, decisions so far')
    .addHelpText('after', '\nExamples:\n  throughline dead-letters show 2f1c…\n  throughline dead-letters show 2f1c… --json\n')
    .action(async (dlqId: string, _options: unknown, command: Command) => showDeadLetter(makeContext(command), dlqId));
  addReplay(letters, makeContext);
  letters
    .command('edit')
    .argument('<dlqId>')
    .description('replays it with a corrected value, as an event of its own that the original caused')
    .addOption(new Option('--file <path>', 'the corrected value; - is standard input').conflicts('value'))
    .option('--value <json>', 'the corrected value')
    .addHelpText(
      'after',
      '\nWithout --file and --value the value opens in $VISUAL or $EDITOR.\n\nExamples:\n  throughline dead-letters edit 2f1c…\n  throughline dead-letters edit 2f1c… --file corrected.json\n',
    )
    .action(async (dlqId: string, options, command: Command) => editDeadLetter(makeContext(command), dlqId, options));
  letters
    .command('discard')
    .argument('<dlqId>')
    .description('gives the event up for this group; a blocked key goes on with the next one')
    .requiredOption('--reason <text>', 'why; stands in the audit')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExamples:\n  throughline dead-letters discard 2f1c… --reason "test data" --yes\n')
    .action(async (dlqId: string, options, command: Command) => discardDeadLetter(makeContext(command), dlqId, options));
}

function addReplay(letters: Command, makeContext: MakeContext): void {
  letters
    .command('replay')
    .argument('[dlqId]', 'one dead letter; many with --group')
    .description('hands it to the failing group again, unchanged and under its own id')
    .option('--ignore-cap', 'one dead letter: even if it was replayed as often as is allowed')
    .option('--group <group>', 'all waiting ones of the group, by a job')
    .option('--type <type>', 'with --group: of this event type')
    .option('--reason <reason>', 'with --group: of this reason')
    .option('--before <time>', 'with --group: that failed before', isoTime)
    .option('--wait', 'with --group: wait for the end, with progress on stderr')
    .addHelpText(
      'after',
      '\nExamples:\n  throughline dead-letters replay 2f1c…\n  throughline dead-letters replay --group storage.metadata --reason handler --wait\n',
    )
    .action(async (dlqId: string | undefined, options, command: Command) => {
      const context = makeContext(command);
      await (dlqId === undefined ? replayManyDeadLetters(context, options) : replayDeadLetter(context, dlqId, options));
    });
}

import { Command, CommanderError, Option } from 'commander';
import { CliError } from './cli-error.ts';
import { type CommandRun, createContext } from './command-context.ts';
import { addClusterCommands } from './commands/cluster.ts';
import { addDeadLetterCommands } from './commands/dead-letters.ts';
import { addGroupCommands } from './commands/groups.ts';
import { addJourneyCommand } from './commands/journey.ts';
import { addOutboxCommands } from './commands/outbox.ts';
import { addQueueCommands } from './commands/queues.ts';
import { addReplayCommands } from './commands/replay.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { collect, seconds } from './option-values.ts';
import type { Terminal } from './terminal.ts';

const ABOUT = `
Services are found by --url, else THROUGHLINE_URLS (between commas), else those of npm start in this checkout.
The token is read from --token-file, else THROUGHLINE_TOKEN, else it is the local stack's.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 not found, 4 a service did not answer
`;

/** Runs one command line, without the program's name. Resolves with the exit code; nothing is thrown that is not a bug. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const run: CommandRun = { exitCode: EXIT.ok };
  try {
    await createProgram(terminal, run).parseAsync(args, { from: 'user' });
    return run.exitCode;
  } catch (error) {
    // Commander has said on stderr what is wrong with the line; help asked for is no fault.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CliError)) throw error;
    terminal.err(`throughline: ${error.message}\n`);
    return error.exitCode;
  }
}

function createProgram(terminal: Terminal, run: CommandRun): Command {
  const program = new Command('throughline')
    .description('Looks at events and decides about them: outbox, dead letters, replays, groups, queues, journeys.')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help shows the options)')
    .addOption(
      new Option('--url <url>', "a service's ops address; may be given many times").argParser(collect).default([], 'see below'),
    )
    .option('--console-url <url>', 'where journeys are told (or THROUGHLINE_CONSOLE_URL)')
    .option('--token-file <path>', 'file with the operations token (or THROUGHLINE_TOKEN)')
    .option('--operator <name>', 'who decides, for the audit (default: $USER)')
    .option('--data-dir <path>', 'data directory of the local stack')
    .option('--timeout <seconds>', 'how long a service may take to answer', seconds, 10)
    .option('--json', 'the result as JSON on stdout, and nothing else there')
    .addHelpText('after', ABOUT);
  const makeContext = (command: Command) => createContext(command, terminal, run);
  addOutboxCommands(program, makeContext);
  addDeadLetterCommands(program, makeContext);
  addReplayCommands(program, makeContext);
  addGroupCommands(program, makeContext);
  addQueueCommands(program, makeContext);
  addJourneyCommand(program, makeContext);
  addClusterCommands(program, makeContext);
  return program;
}

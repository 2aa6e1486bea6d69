import { createProcessTerminal } from './process-terminal.ts';
import { runCli } from './run-cli.ts';

// A reader such as `head` may close the pipe before everything is written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await runCli(process.argv.slice(2), createProcessTerminal());

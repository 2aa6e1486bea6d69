import type { Command } from 'commander';
import type { Journey } from '../api/journey.ts';
import { bodyOf } from '../api/problem.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { renderJourney } from '../output/render-journey.ts';

/** `journey <eventId>` */
export function addJourneyCommand(program: Command, makeContext: (command: Command) => CommandContext): void {
  program
    .command('journey')
    .argument('<eventId>')
    .description('where an event was published, what each group did with it, and what came of it')
    .addHelpText(
      'after',
      '\nExamples:\n  throughline journey 67eaa1c2-bb07-4ce3-97c1-a30d2c27691e\n  throughline journey 67eaa1c2-bb07-4ce3-97c1-a30d2c27691e --json\n',
    )
    .action(async (eventId: string, _options: unknown, command: Command) => journey(makeContext(command), eventId));
}

async function journey(context: CommandContext, eventId: string): Promise<void> {
  const { console: address } = context.endpoints;
  if (address === undefined) throw new CliError('USAGE', 'No console: give --console-url or set THROUGHLINE_CONSOLE_URL');
  const answer = await context.client.ask(address, `/journeys/${encodeURIComponent(eventId)}`);
  const found = bodyOf<Journey>(answer, `event ${eventId}`);
  context.print(found, () => renderJourney(found));
  context.reportSilent(found.silent.map(({ service, reason }) => `${service}: ${reason}`));
}

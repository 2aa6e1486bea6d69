import { ownerOfGroup, type Service } from '../api/fleet.ts';
import type { DeadLetter, DecisionResult } from '../api/operations-api.ts';
import { bodyOf, describeProblem } from '../api/problem.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { reportJob, startJob } from './jobs.ts';
import { findDeadLetter } from './show-dead-letters.ts';

export interface ReplayOptions {
  readonly ignoreCap?: boolean;
  readonly group?: string;
  readonly type?: string;
  readonly reason?: string;
  readonly before?: string;
  readonly wait?: boolean;
}

export async function replayDeadLetter(context: CommandContext, dlqId: string, options: ReplayOptions): Promise<void> {
  const { ignoreCap, ...forMany } = options;
  const [extra] = Object.keys(forMany);
  if (extra !== undefined) throw new CliError('USAGE', `--${extra} is for many dead letters; give either it or a dead letter`);
  const { service } = await findDeadLetter(context, dlqId);
  const result = await decide(service, dlqId, { action: 'replay', body: ignoreCap === true ? { ignoreCap } : {} });
  context.print(
    { service: service.service, ...result },
    () => `dead letter ${dlqId} is handed to its group again (replay ${result.replayCount})\n`,
  );
}

/** By a job of the service: it goes on when the service is started anew, and can be cancelled. */
export async function replayManyDeadLetters(context: CommandContext, options: ReplayOptions): Promise<void> {
  const { group, type, reason, before, wait = false, ignoreCap } = options;
  if (group === undefined) throw new CliError('USAGE', 'give a dead letter, or --group for all waiting ones of a group');
  if (ignoreCap) throw new CliError('USAGE', '--ignore-cap is for one dead letter');
  const owner = ownerOfGroup(await context.fleet(), group);
  const filter = {
    ...(type !== undefined && { type }),
    ...(reason !== undefined && { reason }),
    ...(before !== undefined && { before }),
  };
  await reportJob(context, owner, await startJob(owner, { kind: 'dead-letters', group, ...filter }), { wait });
}

export async function discardDeadLetter(
  context: CommandContext,
  dlqId: string,
  { reason, yes }: { readonly reason: string; readonly yes?: boolean },
): Promise<void> {
  const { service, letter } = await findDeadLetter(context, dlqId);
  await context.confirm(`${letter.group} will never handle ${letter.type ?? 'event'} ${letter.eventId}.`, yes);
  const result = await decide(service, dlqId, { action: 'discard', body: { reason } });
  context.print({ service: service.service, ...result }, () => `dead letter ${dlqId} is discarded\n`);
}

export async function editDeadLetter(
  context: CommandContext,
  dlqId: string,
  given: { readonly file?: string; readonly value?: string },
): Promise<void> {
  const { service, letter } = await findDeadLetter(context, dlqId);
  const { text, origin } = await correctedText(context, letter, given);
  const value = parse(text, origin);
  const answer = await service.ask(pathOf(dlqId, 'edit'), { method: 'POST', body: { value } });
  if (answer.status === 422)
    throw new CliError('REFUSED', `${origin} is refused, nothing was changed: ${describeProblem(answer)}`);
  const result = bodyOf<DecisionResult>(answer, `dead letter ${dlqId}`);
  context.print({ service: service.service, ...result }, () => `dead letter ${dlqId} goes on as event ${result.eventId}\n`);
}

async function correctedText(
  context: CommandContext,
  letter: DeadLetter,
  given: { readonly file?: string; readonly value?: string },
): Promise<{ readonly text: string; readonly origin: string }> {
  if (given.value !== undefined) return { text: given.value, origin: '--value' };
  if (given.file !== undefined) return { text: await context.terminal.readText(given.file), origin: given.file };
  if (!context.terminal.isInteractive) throw new CliError('USAGE', 'No terminal for an editor: give --file or --value');
  if (letter.value?.encoding !== 'utf8')
    throw new CliError('USAGE', 'Its value is not text: give the corrected one by --file or --value');
  const before = indented(letter.value.text);
  const { text, file } = await context.terminal.edit(before);
  if (text.trim() === before.trim())
    throw new CliError('DECLINED', 'the value is the same as before; to try it unchanged use replay');
  return { text, origin: file };
}

function indented(text: string): string {
  try {
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
  } catch {
    return text;
  }
}

function parse(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError('REFUSED', `${origin} is not JSON, nothing was changed: ${(cause as Error).message}`, { cause });
  }
}

async function decide(
  service: Service,
  dlqId: string,
  { action, body }: { readonly action: 'replay' | 'discard'; readonly body: unknown },
): Promise<DecisionResult> {
  return bodyOf<DecisionResult>(await service.ask(pathOf(dlqId, action), { method: 'POST', body }), `dead letter ${dlqId}`);
}

function pathOf(dlqId: string, action: string): string {
  return `/operations/dead-letters/${encodeURIComponent(dlqId)}/${action}`;
}

import { EventError, isEventError } from '@throughline/events';
import type { Logger } from '@throughline/telemetry';
import type { Chunk } from './chunk.ts';
import type { ChunkSize } from './chunk-size.ts';
import type { Delivery } from './delivery.ts';
import { type Taken, wasNeverEnded } from './held-claims.ts';
import type { Judge } from './judge-failure.ts';
import { type RunTransactionOptions, runTransaction, type TransactionResult } from './run-transaction.ts';
import { type SettleHandledOptions, settleHandled } from './settle-handled.ts';

export interface HandleTogetherOptions<Tx> extends RunTransactionOptions<Tx>, SettleHandledOptions {
  readonly judge: Judge;
  readonly chunkSize: ChunkSize;
  readonly logger: Logger;
}

/** So many handlers in a row are not slow by themselves: what they all need is. */
const MAX_SLOW_IN_A_ROW = 8;

/** What shares a transaction. */
type Piece = readonly Delivery[];

/**
 * Checked deliveries of different events in one transaction. What cannot go with the others leaves: an event that somebody else has in work, one that was begun before (it may
 * be what killed the process, and must not take the others' tries with it), one whose handler fails or takes long. The others are run again, so that each gets its effect.
 */
export async function handleTogether<Tx>(
  options: HandleTogetherOptions<Tx>,
  chunk: Chunk,
  deliveries: readonly Delivery[],
): Promise<void> {
  let pieces: readonly Piece[] = deliveries.length === 0 ? [] : [deliveries];
  while (pieces.length > 0) {
    const present = pieces;
    pieces = await chunk.quarantine.together(() => claimAndRun(options, chunk, present));
  }
}

/**
 * Piece after piece. Whoever waits to be alone gets in between two: pieces with handlers that never end may be many.
 * @returns the pieces that were not run for that, their claims given back
 */
async function claimAndRun<Tx>(
  options: HandleTogetherOptions<Tx>,
  chunk: Chunk,
  pieces: readonly Piece[],
): Promise<readonly Piece[]> {
  const deliveries = pieces.flat();
  let taken: readonly Taken[];
  try {
    taken = await chunk.claims.take(deliveries);
  } catch (error) {
    chunk.stopped ??= { error };
    await leaveUncounted(chunk, deliveries);
    return [];
  }
  const staying = await sortTaken(options, chunk, { deliveries, taken });
  const waiting = pieces.length === 1 ? [staying] : piecesOf(pieces, new Set(staying));
  for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
    waiting.unshift(...(await runPiece(options, chunk, piece)));
    if (!chunk.quarantine.isAwaited || waiting.length === 0) continue;
    await giveBack(chunk, waiting.flat());
    return waiting;
  }
  return [];
}

function piecesOf(pieces: readonly Piece[], staying: ReadonlySet<Delivery>): Piece[] {
  const left = pieces.map((piece) => piece.filter((delivery) => staying.has(delivery)));
  return left.filter((piece) => piece.length > 0);
}

async function sortTaken<Tx>(
  options: HandleTogetherOptions<Tx>,
  chunk: Chunk,
  { deliveries, taken }: { deliveries: readonly Delivery[]; taken: readonly Taken[] },
): Promise<Delivery[]> {
  const staying: Delivery[] = [];
  const leaving: Delivery[] = [];
  const done: Delivery[] = [];
  deliveries.forEach((delivery, index) => {
    if (isForAlone(delivery, taken[index]) || chunk.leavers.precede(delivery)) {
      chunk.leavers.add(delivery);
      if (taken[index] === 'ours') leaving.push(delivery);
    } else if (taken[index] === 'done') done.push(delivery);
    else staying.push(delivery);
  });
  if (leaving.length > 0) await giveBack(chunk, leaving);
  await settleHandled(options, chunk, { deliveries: done, outcome: 'duplicate', noticedBy: 'claim' });
  return staying;
}

function isForAlone(delivery: Delivery, taken: Taken | undefined): boolean {
  if (taken === 'ours') delivery.isSuspect = wasNeverEnded(delivery);
  return typeof taken === 'object' || delivery.isSuspect;
}

/** One transaction. @returns when it failed: what is to be run again, without those whose fault it was or may have been */
async function runPiece<Tx>(options: HandleTogetherOptions<Tx>, chunk: Chunk, given: Piece): Promise<readonly Piece[]> {
  const piece = await withoutFollowers(chunk, given);
  if (piece.length === 0) return [];
  if (chunk.signal.aborted) chunk.stopped ??= { error: aborted() };
  if (chunk.stopped !== undefined) {
    await leaveUncounted(chunk, piece);
    return [];
  }
  const begunAt = performance.now();
  const result = await runTransaction(options, piece, chunk.signal);
  if (result.outcomes === undefined) return withoutCulprit(options, chunk, { piece, result });
  chunk.slowInARow = 0;
  options.chunkSize.took(piece.length, performance.now() - begunAt);
  await settlePiece(options, chunk, { piece, outcomes: result.outcomes });
  return [];
}

type FailedTransaction = Extract<TransactionResult, { error: { cause: unknown } }>;

async function withoutCulprit<Tx>(
  options: HandleTogetherOptions<Tx>,
  chunk: Chunk,
  { piece, result }: { piece: Piece; result: FailedTransaction },
): Promise<readonly Piece[]> {
  const { cause } = result.error;
  const [only] = result.suspects.length === 1 ? result.suspects : [];
  if (only !== undefined && result.isSlow && !chunk.signal.aborted) return withoutSlow(options, chunk, { piece, slow: only });
  const isConflict = isEventError(cause) && cause.code === 'TRANSACTION_CONFLICT';
  if (isConflict) options.chunkSize.conflicted();
  const isAlone = isConflict && piece.length === 1;
  const verdict = only === undefined || isConflict ? options.judge.ofMany(cause) : options.judge(cause, only.record);
  const isStopped = !isAlone && (verdict.fate === 'systemic' || chunk.signal.aborted);
  if (isStopped) chunk.stopped ??= { error: cause };
  if (isStopped || isAlone) {
    await leaveUncounted(chunk, piece);
    return [];
  }
  const parts = partsAround(piece, isConflict ? piece : result.suspects);
  if (only === undefined || isConflict) return parts;
  chunk.leavers.add(only, { error: cause, verdict });
  await chunk.claims.giveBack([only], 'counted');
  return parts.filter(([first]) => first !== only);
}

/** It has failed in nothing: alone it has the whole time that handlers have. Where all are slow they all go alone, or each would first cost the rest that time. */
async function withoutSlow<Tx>(
  { logger, chunkSize }: HandleTogetherOptions<Tx>,
  chunk: Chunk,
  { piece, slow }: { piece: Piece; slow: Delivery },
): Promise<readonly Piece[]> {
  logger.info({ event_id: slow.key.id }, `Handling ${slow.key.type} keeps ${piece.length - 1} others waiting, it goes on alone`);
  chunk.slowInARow = piece[0] === slow ? chunk.slowInARow + 1 : 1;
  if (chunk.slowInARow >= MAX_SLOW_IN_A_ROW) {
    chunkSize.took(piece.length, Number.POSITIVE_INFINITY);
    await leaveUncounted(chunk, piece);
    return [];
  }
  await leaveUncounted(chunk, [slow]);
  return partsAround(piece, [slow]).filter(([first]) => first !== slow);
}

/** What comes before the suspects, the suspects by halves, what comes after them. */
function partsAround(piece: Piece, suspects: readonly Delivery[]): readonly Piece[] {
  const from = piece.indexOf(suspects[0] as Delivery);
  const to = piece.indexOf(suspects.at(-1) as Delivery) + 1;
  const middle = from + Math.ceil((to - from) / 2);
  const bounds = [0, from, middle, to, piece.length];
  return bounds
    .slice(1)
    .map((end, index) => piece.slice(bounds[index], end))
    .filter((part) => part.length > 0);
}

async function settlePiece<Tx>(
  options: HandleTogetherOptions<Tx>,
  chunk: Chunk,
  { piece, outcomes }: { piece: readonly Delivery[]; outcomes: readonly string[] },
): Promise<void> {
  const of = (outcome: string) => piece.filter((_, index) => outcomes[index] === outcome);
  const handled = of('handled');
  if (handled.length === piece.length) return settleHandled(options, chunk, { deliveries: piece, outcome: 'handled' });
  await settleHandled(options, chunk, { deliveries: handled, outcome: 'handled' });
  await settleHandled(options, chunk, { deliveries: of('duplicate'), outcome: 'duplicate', noticedBy: 'inbox' });
  await settleHandled(options, chunk, { deliveries: of('parked'), outcome: 'parked' });
  // They go alone to be told once more that there is no room, and when to come again.
  await leaveUncounted(chunk, of('parking-full'));
}

async function withoutFollowers(chunk: Chunk, piece: readonly Delivery[]): Promise<readonly Delivery[]> {
  const followers = piece.filter((delivery) => chunk.leavers.precede(delivery));
  if (followers.length === 0) return piece;
  await leaveUncounted(chunk, followers);
  const left = new Set(followers);
  return piece.filter((delivery) => !left.has(delivery));
}

async function leaveUncounted(chunk: Chunk, deliveries: readonly Delivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  for (const delivery of deliveries) chunk.leavers.add(delivery);
  await giveBack(chunk, deliveries);
}

async function giveBack(chunk: Chunk, deliveries: readonly Delivery[]): Promise<void> {
  await chunk.claims.giveBack(deliveries, 'taken-back');
  for (const delivery of deliveries) delivery.attempt = delivery.history.attempts;
}

function aborted(): EventError {
  return new EventError('SHUTTING_DOWN', 'Stopped before the event was handled', { retryable: true });
}
